import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../base/clock.ts';
import { AppError, conflict, precondition } from '../base/errors.ts';
import { vmaLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { VmaConfig } from '../config/config.ts';
import { DEFAULT_SPACE_LEVELS } from '../domain/snapshot-space.ts';
import { listen, type RunningServer } from '../http/server.ts';
import { decodeName } from '../vsphere/inventory/names.ts';
import type { SourceSession } from './contract.ts';
import { type FileLock, takeFileLock } from './folder/lock.ts';
import type { ProgressVm } from './progress-entry.ts';
import { progressStore } from './progress-store.ts';
import { vmaApp } from './routes.ts';
import { RunSettings } from './run-settings.ts';
import { sessionStore } from './session/record.ts';
import { openSessions, type Sessions } from './session/sessions.ts';
import type { PlaceFor } from './session/source-kind.ts';
import { Janitor } from './snapshots/janitor.ts';
import { openSources, type SourceOptions } from './sources.ts';
import { PowerOperations } from './vcenter/power-operations.ts';
import { Vcenters } from './vcenter/vcenters.ts';
import { canServe } from './vsphere/disk-server.ts';

export interface VmaOptions extends SourceOptions {
  /** Serve the disks on these ports of 127.0.0.1 instead of unix sockets. */
  readonly tcpPorts?: { readonly first: number; readonly last: number };
  /** How long one POST of a session waits before it asks the client to ask again; default 20 s. */
  readonly answerWithinMs?: number;
  /** Shown by /health. */
  readonly version?: string;
  /** What `log_level` null of PUT /config goes back to; undefined leaves the process as it is. */
  readonly logLevel?: string;
  /** How long a request that reads may take at a vCenter; default 50 s. */
  readonly vcenterRequestMs?: number;
  /** How often to look whether a VM is on or off yet; default 1 s. */
  readonly powerPollMs?: number;
  /** What the patience with vCenter's tasks is measured by. */
  readonly clock?: Clock | undefined;
  /** How often the snapshots of living sessions are looked after; default 1 min. */
  readonly watchMs?: number;
  /** How long the end of a session waits for its snapshot to go, which goes anyway; default 10 s. */
  readonly removalWaitMs?: number;
}

/** Less than what clients and proxies bear. */
const ANSWER_WITHIN_MS = 20 * SECOND;
/** A VMA that was just killed leaves its lock to the kernel, which may take a moment. */
const OWN_LOCK_MS = 10 * SECOND;
/** `sun_path` of a Linux socket address holds 108 bytes with its end. */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * Starts the VMA: loads its sessions, serves their disks again, listens. close() stops listening, ends the exports and
 * leaves the sessions for the next start.
 * @throws precondition `vma.token-missing`, `vma.run-dir-unfit`; conflict `vma.already-running`
 */
export async function startVma(config: VmaConfig, options: VmaOptions = {}): Promise<RunningServer> {
  if (config.token === undefined) {
    throw precondition('vma.token-missing', 'the VMA does not start without its shared secret', {
      hint: 'set MIGRATEKIT_VMA_TOKEN, 16 characters or more, on the VMA and on the OMA',
    });
  }
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  await prepareRunDir(config.runDir);
  const lock = await takeOwnLock(config.stateDir);
  lock.lost.addEventListener('abort', () => vmaLog.fatal('the lock of the state folder was lost; start the VMA anew'));
  const vcenters = new Vcenters({ clock: options.clock });
  const power = new PowerOperations(vcenters, options.powerPollMs);
  let sessions: Sessions | undefined;
  try {
    const placeFor = placesIn(config.runDir, options.tcpPorts);
    const started = { logLevel: options.logLevel, spaceLevels: options.spaceLevels ?? DEFAULT_SPACE_LEVELS };
    const settings = await RunSettings.load(config.stateDir, started);
    const kinds = await openSources({ config, token: config.token, options, vcenters, placeFor, settings });
    const { watchMs, removalWaitMs } = options;
    const life = { ttlMs: config.sessionTtlMs, watchMs, removalWaitMs };
    sessions = await openSessions(sessionStore(config.stateDir), { ...life, kinds });
    const janitor = new Janitor({ vcenters, sessions });
    const server = await serve({ config, options, settings, sessions, vcenters, power, janitor });
    return { url: server.url, port: server.port, close: closing({ server, sessions, vcenters, power, janitor, lock }) };
  } catch (thrown) {
    await sessions?.close();
    await power.close();
    await vcenters.close();
    await lock.release();
    throw thrown;
  }
}

interface Served {
  readonly config: VmaConfig;
  readonly options: VmaOptions;
  readonly settings: RunSettings;
  readonly sessions: Sessions;
  readonly vcenters: Vcenters;
  readonly power: PowerOperations;
  readonly janitor: Janitor;
}

async function serve(served: Served): Promise<RunningServer> {
  const { config, options, sessions } = served;
  const startedMs = systemClock.monotonic();
  const progress = progressStore(systemClock, (jobId) => {
    const session = sessions.byJob(jobId);
    if (session === undefined) return undefined;
    return progressVm(session);
  });
  const app = vmaApp({
    ...served,
    requestMs: options.vcenterRequestMs,
    token: config.token?.reveal() ?? '',
    version: options.version,
    folderRoot: config.folderRoot,
    sourceKinds: canServe(config.vsphere) ? ['folder', 'vsphere'] : ['folder'],
    progress,
    answerWithinMs: options.answerWithinMs ?? ANSWER_WITHIN_MS,
    uptimeS: () => (systemClock.monotonic() - startedMs) / SECOND,
  });
  const server = await listen(app, { host: config.host, port: config.port });
  vmaLog.info({ url: server.url, folderRoot: config.folderRoot, sessions: sessions.list().length }, 'vma listens');
  return server;
}

function progressVm({ vm, disks }: SourceSession): ProgressVm {
  return {
    // A path ends in the name, with what would be a part of the path escaped.
    name: decodeName(vm.slice(vm.lastIndexOf('/') + 1)),
    path: vm,
    isTracked: disks.every((disk) => disk.change_id !== null),
    sizeBytes: disks.reduce((sum, disk) => sum + disk.capacity_bytes, 0),
  };
}

interface Closed {
  readonly server: RunningServer;
  readonly sessions: Sessions;
  readonly vcenters: Vcenters;
  readonly power: PowerOperations;
  readonly janitor: Janitor;
  readonly lock: FileLock;
}

function closing({ server, sessions, vcenters, power, janitor, lock }: Closed): RunningServer['close'] {
  let closed: Promise<void> | undefined;
  const close = async (graceMs?: number): Promise<void> => {
    await server.close(graceMs);
    await power.close();
    await janitor.close();
    await sessions.close();
    await vcenters.close();
    await lock.release();
  };
  return (graceMs) => (closed ??= close(graceMs));
}

/** Two VMAs on one state folder would remove each other's sessions. */
async function takeOwnLock(stateDir: string): Promise<FileLock> {
  try {
    return await takeFileLock(join(stateDir, 'vma.lock'), { timeoutMs: OWN_LOCK_MS });
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'source.folder-busy') throw cause;
    throw conflict('vma.already-running', 'another VMA uses the state folder', {
      cause,
      details: { stateDir },
      hint: 'stop it, or give this one another MIGRATEKIT_STATE_DIR',
    });
  }
}

/** Who can write here can pose as an export: the folder must be ours alone. */
async function prepareRunDir(runDir: string): Promise<void> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const stat = await lstat(runDir);
  const unfit = (reason: string): AppError =>
    precondition('vma.run-dir-unfit', `the folder for sockets cannot be used: ${reason}`, {
      details: { runDir },
      hint: 'set MIGRATEKIT_RUN_DIR to a short path of a folder that only this user can write to',
    });
  if (!stat.isDirectory()) throw unfit('it is not a folder');
  if (stat.uid !== process.getuid?.()) throw unfit('it belongs to another user');
  if ((stat.mode & 0o022) !== 0) throw unfit('others can write to it');
  if (Buffer.byteLength(socketPath(runDir, 'src-000000000000', 255)) > SOCKET_PATH_BYTES_MAX) {
    throw unfit('its path is too long for sockets');
  }
}

const socketPath = (runDir: string, sessionId: string, index: number): string =>
  join(runDir, `${sessionId}-${index}.sock`);

/** Ports are given in turn, so that one which is taken by a stranger is not chosen again at once. */
function placesIn(runDir: string, ports: VmaOptions['tcpPorts']): PlaceFor {
  if (ports === undefined) return (sessionId, index) => ({ socket: socketPath(runDir, sessionId, index), port: null });
  let next = 0;
  return () => {
    const port = ports.first + (next % (ports.last - ports.first + 1));
    next += 1;
    return { socket: null, port };
  };
}
