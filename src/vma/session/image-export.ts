import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { sleep, systemClock } from '../../base/clock.ts';
import { type AppError, toAppError, upstream } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import { exitOf, runTool, spawnTied, tail } from '../child-process.ts';

/** One frozen image as one read-only NBD export: a qemu-nbd of its own, started again whenever it dies. */

export interface ExportSpec {
  readonly imagePath: string;
  readonly exportName: string;
  readonly capacityBytes: number;
  /** Unix socket, or a port on 127.0.0.1. */
  readonly at: { readonly socket: string } | { readonly port: number };
}

export interface ImageExport {
  readonly uri: string;
  /** Waits until a client was answered with the right size. @throws upstream `source.export-failed` */
  ready(deadlineMs: number): Promise<void>;
  /** Ends the server; clients lose their connection. */
  stop(): Promise<void>;
}

/** What a session tells its clients to stay below; the server takes more, for those that a dead worker left behind. */
export const CONNECTIONS_MAX = 16;
const CLIENTS_MAX = 64;
/** qemu answers larger reads with EINVAL. Source: QEMU nbd/server.c, NBD_MAX_BUFFER_SIZE. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 10 * SECOND;
/** A server that ran this long was not broken from the start. */
const HEALTHY_MS = 30 * SECOND;
/** A server that dies this often before it ever answered will not come up: a port in use, an unreadable file. */
const DEATHS_BEFORE_READY_MAX = 3;
const STOP_MS = 5 * SECOND;
const PROBE_MS = 10 * SECOND;

/** NBD URI as proto.md's companion "uri.md" has it; slashes of a socket path need no escape in a query. */
export function exportUri(exportName: string, at: ExportSpec['at']): string {
  const name = encodeURIComponent(exportName);
  if ('port' in at) return `nbd://127.0.0.1:${at.port}/${name}`;
  return `nbd+unix:///${name}?socket=${encodeURIComponent(at.socket).replaceAll('%2F', '/')}`;
}

/** Starts the server and keeps it running until stop(). */
export function exportImage(spec: ExportSpec): ImageExport {
  const uri = exportUri(spec.exportName, spec.at);
  const stopped = new AbortController();
  const state = { deathsInARow: 0, lastWords: '' };
  const supervised = supervise(spec, stopped.signal, state);
  return {
    uri,
    ready: (deadlineMs) => waitUntilReady({ spec, uri, deadlineMs, state, stopped: stopped.signal }),
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
  const place =
    'port' in spec.at ? ['--bind', '127.0.0.1', '--port', String(spec.at.port)] : ['--socket', spec.at.socket];
  const how = ['--read-only', '--persistent', '--shared', String(CLIENTS_MAX), '--format', 'raw'];
  const args = [...how, '--export-name', spec.exportName, ...place, spec.imagePath];
  const child = spawnTied('qemu-nbd', args, ['ignore', 'ignore', 'pipe']);
  const words = tail(child);
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  };
  stopped.addEventListener('abort', stop, { once: true });
  try {
    return await exitOf(child, 'qemu-nbd');
  } catch (thrown) {
    vmaLog.error({ err: toAppError(thrown), exportName: spec.exportName }, 'export cannot be started');
    return -1;
  } finally {
    clearTimeout(kill);
    stopped.removeEventListener('abort', stop);
    state.lastWords = words();
  }
}

const sizeSchema = z.object({ 'virtual-size': z.int() });

/** A client of another make is the proof: it does the whole handshake and reports the size that is served. */
async function waitUntilReady(wait: {
  spec: ExportSpec;
  uri: string;
  deadlineMs: number;
  state: ServerState;
  stopped: AbortSignal;
}): Promise<void> {
  const { spec, state } = wait;
  const endMs = systemClock.monotonic() + wait.deadlineMs;
  const args = ['info', '--output=json', '-f', 'raw', wait.uri];
  for (;;) {
    const run = await runTool({ program: 'qemu-img', args, deadlineMs: PROBE_MS, signal: wait.stopped });
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
    details: { export_name: spec.exportName, image: spec.imagePath, ...spec.at },
    hint: 'check that qemu-nbd runs on the VMA and that its socket folder exists',
  });
}
