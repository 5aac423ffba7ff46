import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { z } from 'zod';
import { sleep, systemClock } from '../../base/clock.ts';
import { type AppError, describeError, toAppError, upstream } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { Secret } from '../../config/secrets.ts';
import { exitOf, runTool, spawnTied, tail } from '../child-process.ts';

/** One frozen disk as one read-only NBD export: a server of its own, started again whenever it dies. */

/** A server that stays in the foreground and serves the disk under the spec's name and place. */
export interface ServerCommand {
  readonly program: string;
  /** Never a secret: everybody on the machine can read them. */
  readonly args: readonly string[];
  /** Goes into file descriptor SECRET_FD, which the server reads to its end; nowhere else. */
  readonly secret?: Secret | undefined;
}

export const SECRET_FD = 3;

export interface ExportSpec {
  readonly exportName: string;
  readonly capacityBytes: number;
  /** Unix socket, or a port on 127.0.0.1. */
  readonly at: ExportAt;
  /** Asked for before each start; what it throws counts as a start that failed. */
  readonly command: () => Promise<ServerCommand>;
  /** How long one client may take to be answered, and how long until the first one is. */
  readonly patience: { readonly probeMs: number; readonly readyMs: number };
  /** What to look at when it does not come up. */
  readonly hint: string;
}

export type ExportAt = { readonly socket: string } | { readonly port: number };

export interface DiskExport {
  readonly uri: string;
  /** Waits until a client was answered with the right size. @throws upstream `source.export-failed` */
  ready(): Promise<void>;
  /** Ends the server, which is started again at once, with a command of then. */
  restart(): void;
  /** Ends the server; clients lose their connection. */
  stop(): Promise<void>;
}

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 10 * SECOND;
/** A server that ran this long was not broken from the start. */
const HEALTHY_MS = 30 * SECOND;
/** A server that dies this often before it ever answered will not come up: a port in use, an unreadable file. */
const DEATHS_BEFORE_READY_MAX = 3;
const STOP_MS = 5 * SECOND;

/** NBD URI as proto.md's companion "uri.md" has it; slashes of a socket path need no escape in a query. */
export function exportUri(exportName: string, at: ExportSpec['at']): string {
  const name = encodeURIComponent(exportName);
  if ('port' in at) return `nbd://127.0.0.1:${at.port}/${name}`;
  return `nbd+unix:///${name}?socket=${encodeURIComponent(at.socket).replaceAll('%2F', '/')}`;
}

/** Where a disk is served, of the two that a record has: exactly one is set. */
export function placeOf(disk: { readonly socket: string | null; readonly port: number | null }): ExportAt {
  return disk.port === null ? { socket: disk.socket ?? '' } : { port: disk.port };
}

/** Starts the server and keeps it running until stop(). */
export function exportDisk(spec: ExportSpec): DiskExport {
  const uri = exportUri(spec.exportName, spec.at);
  const stopped = new AbortController();
  const state: ServerState = { deathsInARow: 0, lastWords: '', end: () => undefined };
  const supervised = supervise(spec, stopped.signal, state);
  return {
    uri,
    ready: () => waitUntilReady({ spec, uri, state, stopped: stopped.signal }),
    restart: () => {
      state.deathsInARow = 0;
      state.end();
    },
    stop: async () => {
      stopped.abort(upstream('source.export-failed', 'the export was ended'));
      // One that hangs on dead storage does not die; the kernel ends it with us at the latest.
      const limit = new AbortController();
      await Promise.race([supervised, sleep(2 * STOP_MS, limit.signal).catch(() => undefined)]);
      limit.abort();
      if ('socket' in spec.at) await rm(spec.at.socket, { force: true });
    },
  };
}

interface ServerState {
  deathsInARow: number;
  lastWords: string;
  /** Ends the server that runs now. */
  end: () => void;
}

async function supervise(spec: ExportSpec, stopped: AbortSignal, state: ServerState): Promise<void> {
  while (!stopped.aborted) {
    const startedMs = systemClock.monotonic();
    const code = await serveOnce(spec, stopped, state);
    if (stopped.aborted) return;
    if (systemClock.monotonic() - startedMs > HEALTHY_MS) state.deathsInARow = 0;
    state.deathsInARow += 1;
    vmaLog.warn({ exportName: spec.exportName, code, stderr: state.lastWords }, 'export died, starting it again');
    const wait = Math.min(BACKOFF_FIRST_MS * 2 ** (state.deathsInARow - 1), BACKOFF_MAX_MS);
    await sleep(wait, stopped).catch(() => undefined);
  }
}

async function serveOnce(spec: ExportSpec, stopped: AbortSignal, state: ServerState): Promise<number> {
  try {
    const command = await spec.command();
    // A server that was killed leaves its socket, and not every server takes the place of one.
    if ('socket' in spec.at) await rm(spec.at.socket, { force: true });
    if (stopped.aborted) return 0;
    return await runServer(command, stopped, state);
  } catch (thrown) {
    const error = toAppError(thrown);
    state.lastWords = describeError(error);
    vmaLog.error({ err: error, exportName: spec.exportName }, 'export cannot be started');
    return -1;
  }
}

async function runServer(command: ServerCommand, stopped: AbortSignal, state: ServerState): Promise<number> {
  const { program, args, secret } = command;
  const child = spawnTied(program, args, [
    'ignore',
    'ignore',
    'pipe',
    ...(secret === undefined ? [] : ['pipe' as const]),
  ]);
  if (secret !== undefined) handOver(child, secret);
  const words = tail(child);
  let kill: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    kill ??= setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  state.end = end;
  stopped.addEventListener('abort', end, { once: true });
  try {
    return await exitOf(child, program);
  } finally {
    clearTimeout(kill);
    state.end = () => undefined;
    stopped.removeEventListener('abort', end);
    state.lastWords = words();
  }
}

/** A server that dies before it has read all of it breaks the pipe; its exit tells why. */
function handOver(child: ChildProcess, secret: Secret): void {
  const pipe = child.stdio[SECRET_FD];
  if (!(pipe instanceof Writable)) return;
  pipe.on('error', () => undefined);
  pipe.end(secret.reveal());
}

const sizeSchema = z.object({ 'virtual-size': z.int() });

/** A client of another make is the proof: it does the whole handshake and reports the size that is served. */
async function waitUntilReady(wait: {
  spec: ExportSpec;
  uri: string;
  state: ServerState;
  stopped: AbortSignal;
}): Promise<void> {
  const { spec, state } = wait;
  const { probeMs, readyMs } = spec.patience;
  const endMs = systemClock.monotonic() + readyMs;
  const args = ['info', '--output=json', '-f', 'raw', wait.uri];
  for (;;) {
    const run = await runTool({ program: 'qemu-img', args, deadlineMs: probeMs, signal: wait.stopped });
    if (run.code === 0) {
      const size = sizeSchema.parse(JSON.parse(run.stdout))['virtual-size'];
      if (size !== spec.capacityBytes) throw failed(spec, `it serves ${size} bytes`);
      return;
    }
    if (state.deathsInARow >= DEATHS_BEFORE_READY_MAX) throw failed(spec, state.lastWords);
    if (systemClock.monotonic() > endMs) throw failed(spec, `it does not answer: ${run.stderr.slice(-300)}`);
    await sleep(50, wait.stopped);
  }
}

function failed(spec: ExportSpec, reason: string): AppError {
  return upstream('source.export-failed', `the export of a frozen disk does not come up: ${reason}`, {
    details: { export_name: spec.exportName, ...spec.at },
    hint: spec.hint,
  });
}
