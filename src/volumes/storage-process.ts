import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../base/clock.ts';
import { AppError, upstream } from '../base/errors.ts';
import { keyedLock, type KeyedLock } from './keyed-lock.ts';
import { QmpConnection } from './qmp.ts';

/** One run of qemu-storage-daemon: started, reached over QMP, and ended. Restarting it is storage-daemon.ts. */

const START_DEADLINE_MS = 30_000;
/** How long the lock of the folder is waited for: a killed predecessor lets go of it within moments. */
const LOCK_WAIT_S = 5;
const LAST_WORDS_BYTES = 4_096;

/** Where the exports listen. One listener per process: a second transport needs a second daemon. */
export type NbdListener =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number };

export interface StorageProcess {
  readonly pid: number;
  readonly qmp: QmpConnection;
  /** Devices are opened one at a time, key `open`: which one qemu opened is seen by what is new among its files. */
  readonly opening: KeyedLock;
  /** Disks that are held while it has them open, by serial. */
  readonly claims: Map<string, FileHandle>;
  /** Resolves with its last words when it ended, for whatever reason. */
  readonly ended: Promise<string>;
  /** Ends it at once; all exports and connections end with it. Resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts qemu-storage-daemon in `runDir` and waits until QMP answers; by then the listener stands too.
 * It holds a lock on the folder for as long as it lives, taken before it touches the socket: a second volume daemon in
 * the same folder is refused and harms nothing.
 * @throws upstream `qemu.start-failed` with its last words, after at most 30 s.
 */
export async function startStorageProcess(runDir: string, listener: NbdListener): Promise<StorageProcess> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  // A name of its own for each run, so that what answers there is this process and no other.
  const qmpPath = join(runDir, `qmp-${randomBytes(4).toString('hex')}.sock`);
  const lock = ['flock', '--no-fork', '--wait', String(LOCK_WAIT_S), join(runDir, 'qsd.lock')];
  const program = ['qemu-storage-daemon', ...args(qmpPath, listener)];
  // setpriv and flock both become the program, so the pid is its own; it never outlives us.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...lock, ...program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = lastWords(child);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    const qmp = await connectQmp(qmpPath, ended);
    const claims = new Map<string, FileHandle>();
    return {
      pid: child.pid ?? 0,
      qmp,
      opening: keyedLock(START_DEADLINE_MS),
      claims,
      ended: released(ended, qmp, claims),
      kill,
    };
  } catch (error) {
    await kill();
    throw error;
  } finally {
    await rm(qmpPath, { force: true });
  }
}

async function released(
  ended: Promise<string>,
  qmp: QmpConnection,
  claims: ReadonlyMap<string, FileHandle>,
): Promise<string> {
  const words = await ended;
  qmp.close();
  await Promise.allSettled([...claims.values()].map((claim) => claim.close()));
  return words;
}

function args(qmpPath: string, listener: NbdListener): string[] {
  // Commas separate properties in qemu's syntax and are written twice inside a value.
  const value = (text: string): string => text.replaceAll(',', ',,');
  const address =
    listener.type === 'unix'
      ? `addr.type=unix,addr.path=${value(listener.path)}`
      : `addr.type=inet,addr.host=${value(listener.host)},addr.port=${listener.port}`;
  return [
    // The listener comes first: when the monitor answers, connections to exports succeed.
    '--nbd-server',
    // 0 is "no limit"; a limit of 1 client made movers hang right after their first connection.
    `${address},max-connections=0`,
    '--chardev',
    `socket,id=qmp,path=${value(qmpPath)},server=on,wait=off`,
    '--monitor',
    'chardev=qmp',
  ];
}

async function connectQmp(path: string, ended: Promise<string>): Promise<QmpConnection> {
  const deadline = performance.now() + START_DEADLINE_MS;
  const end: { words?: string } = {};
  void ended.then((words) => (end.words = words));
  for (;;) {
    try {
      return await QmpConnection.open(path);
    } catch (error) {
      if (!(error instanceof AppError) || performance.now() > deadline) throw error;
    }
    if (end.words !== undefined) throw startFailed(end.words);
    await sleep(50);
  }
}

async function lastWords(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-LAST_WORDS_BYTES);
  });
  try {
    await once(child, 'close');
  } catch (error) {
    return `cannot start setpriv: ${String(error)}`;
  }
  return `${text.trim()} (${child.signalCode ?? `exit ${child.exitCode ?? 'unknown'}`})`.trim();
}

function startFailed(words: string): AppError {
  return upstream('qemu.start-failed', `qemu-storage-daemon did not start: ${words}`, {
    hint:
      words === '(exit 1)'
        ? 'another volume daemon serves from the same MIGRATEKIT_RUN_DIR'
        : 'install qemu-system-common; is the port of the exports free?',
  });
}
