import { sleep } from '../base/clock.ts';
import { describeError, upstream } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { startStorageProcess, type NbdListener, type StorageProcess } from './storage-process.ts';

/** Keeps one qemu-storage-daemon running: when it dies it is started again, and whoever needs it waits meanwhile. */

const RESTART_FIRST_MS = 200;
const RESTART_MAX_MS = 30_000;
/** A run of this length was a good one: the next restart is quick again. */
const GOOD_RUN_MS = 60_000;
const READY_WAIT_MS = 30_000;
const READY_POLL_MS = 50;

export interface StorageDaemonOptions {
  readonly runDir: string;
  readonly listener: NbdListener;
  readonly log: Logger;
  /** After each restart, when all exports are gone: builds up what must be there. Its errors are logged. */
  readonly onRestart: () => Promise<void>;
}

export interface StorageDaemon {
  /** The running process. @throws upstream `qemu.not-running` when it does not come up within 30 s. */
  ready(): Promise<StorageProcess>;
  /** Whether it runs at this moment; waits for nothing. */
  isRunning(): boolean;
  /** Where exports are served; for URIs. */
  readonly listener: NbdListener;
  /** Ends qemu and with it every export; waits until it is gone. */
  close(): Promise<void>;
}

/** @throws upstream `qemu.start-failed` when the first start fails. Later deaths are healed and logged. */
export async function startStorageDaemon(options: StorageDaemonOptions): Promise<StorageDaemon> {
  const stop = new AbortController();
  const first = await startStorageProcess(options.runDir, options.listener);
  const state = { latest: first, current: Promise.resolve(first) };
  const supervision = supervise(options, state, stop.signal);
  return {
    listener: options.listener,
    isRunning: () => state.latest.qmp.open,
    async ready() {
      const deadline = performance.now() + READY_WAIT_MS;
      while (!stop.signal.aborted && performance.now() < deadline) {
        const process = await firstOf(state.current, deadline - performance.now());
        if (process?.qmp.open === true) return process;
        await sleep(READY_POLL_MS);
      }
      throw upstream('qemu.not-running', 'qemu-storage-daemon is not running', {
        hint: 'the log of the volume daemon has its last words',
      });
    },
    async close() {
      stop.abort();
      await supervision;
    },
  };
}

/** `value`, or undefined when it takes longer than `waitMs`. */
async function firstOf<T>(value: Promise<T>, waitMs: number): Promise<T | undefined> {
  const enough = new AbortController();
  const late = sleep(Math.max(0, waitMs), enough.signal).catch(() => undefined);
  try {
    return (await Promise.race([value, late])) ?? undefined;
  } finally {
    enough.abort();
  }
}

async function supervise(
  options: StorageDaemonOptions,
  state: { latest: StorageProcess; current: Promise<StorageProcess> },
  signal: AbortSignal,
): Promise<void> {
  let waitMs = RESTART_FIRST_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const process = await state.current;
    const words = await endOf(process, signal);
    if (words === undefined) break;
    options.log.error({ pid: process.pid, words }, 'qemu-storage-daemon died');
    waitMs = performance.now() - startedAt > GOOD_RUN_MS ? RESTART_FIRST_MS : Math.min(waitMs * 2, RESTART_MAX_MS);
    const next = restarted(options, waitMs, signal);
    if (next === undefined) break;
    state.current = next.then((found) => found ?? process);
    const started = await next;
    if (started === undefined) break;
    state.latest = started;
    await options.onRestart().catch((error: unknown) => {
      options.log.error({ error: describeError(error) }, 'exports were not built up again');
    });
  }
  await (await state.current).kill();
}

/** Its last words when it died, or undefined once `signal` aborts. */
async function endOf(process: StorageProcess, signal: AbortSignal): Promise<string | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([process.ended, stopped]);
}

/** Tries until it runs; undefined when `signal` aborted meanwhile. */
async function restarted(
  options: StorageDaemonOptions,
  firstWaitMs: number,
  signal: AbortSignal,
): Promise<StorageProcess | undefined> {
  let waitMs = firstWaitMs;
  while (!signal.aborted) {
    try {
      await sleep(waitMs, signal);
      return await startStorageProcess(options.runDir, options.listener);
    } catch (error) {
      if (signal.aborted) return undefined;
      options.log.error({ error: describeError(error) }, 'qemu-storage-daemon does not start');
      waitMs = Math.min(waitMs * 2, RESTART_MAX_MS);
    }
  }
  return undefined;
}
