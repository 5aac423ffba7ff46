import { randomBytes } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { busy, cancelled, conflict } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import type { CreateSession } from '../contract.ts';
import { type LiveSession, requireEpoch, requireSameRequest } from './live-session.ts';

/**
 * Sessions that are being made, one per job. Copying and hashing may take hours, and waiting for an older snapshot to go
 * does, too, so it runs apart from the requests that ask for it: each of them waits a little and is told to ask again. When nobody asks any more, it is given up.
 */
export interface Preparation {
  readonly sessionId: string;
  request: CreateSession;
  vmUuid: string | undefined;
  askedAtMs: number;
  readonly abort: AbortController;
  outcome: Promise<LiveSession>;
  failed: boolean;
}

/** A job that did not ask for this long has lost its worker, or was cancelled; another job may take the VM. */
const SILENT_MS = 1 * MINUTE;
/** Nobody asked for this long: given up, whether or not anybody else wants the VM. */
export const ABANDONED_MS = 5 * MINUTE;

export interface Preparations {
  /** Joins the job's preparation or begins one with `make`. @throws conflict `session.stale-epoch`, `session.different-request` */
  joinOrBegin(request: CreateSession, make: (preparation: Preparation) => Promise<LiveSession>): Preparation;
  /** The session, or busy `session.preparing` after `waitMs`, or what made it fail. */
  result(preparation: Preparation, waitMs: number): Promise<LiveSession>;
  byJob(jobId: string): Preparation | undefined;
  /** Clears the VM of silent preparations. @throws conflict `session.vm-busy` for one that is asked for. */
  evict(mine: Preparation, sameVm: (other: Preparation) => boolean): Promise<void>;
  /** Runs `work` when its turn among those of its kind has come. */
  inTurn<T>(preparation: Preparation, work: () => Promise<T>): Promise<T>;
  giveUp(preparation: Preparation): Promise<void>;
  /** Gives up those that nobody asked for during `silentMs`; -1 gives up all. */
  giveUpSilent(silentMs: number): Promise<void>;
}

/** `atOnceMax`: how many of each kind work at the same time. */
export function preparations(atOnceMax: Readonly<Record<CreateSession['kind'], number>>): Preparations {
  const byJob = new Map<string, Preparation>();
  const turn = { folder: turns(atOnceMax.folder), vsphere: turns(atOnceMax.vsphere) };

  const forget = (preparation: Preparation): void => {
    if (byJob.get(preparation.request.job_id) === preparation) byJob.delete(preparation.request.job_id);
  };

  const giveUp = async (preparation: Preparation): Promise<void> => {
    preparation.abort.abort(cancelled('session.abandoned', 'the session was given up while it was being made'));
    await preparation.outcome.catch(() => undefined);
    forget(preparation);
  };

  const begin = (request: CreateSession, make: (p: Preparation) => Promise<LiveSession>): Preparation => {
    const preparation = newPreparation(request);
    byJob.set(request.job_id, preparation);
    preparation.outcome = make(preparation).then(
      (live) => {
        forget(preparation);
        return live;
      },
      (thrown: unknown) => {
        // It stays until somebody has read why it failed.
        preparation.failed = true;
        throw thrown;
      },
    );
    preparation.outcome.catch(() => undefined);
    return preparation;
  };

  return {
    giveUp,
    inTurn: ({ request, abort }, work) => turn[request.kind](abort.signal, work),
    byJob: (jobId) => byJob.get(jobId),
    joinOrBegin: (request, make) => {
      const found = byJob.get(request.job_id);
      if (found === undefined) return begin(request, make);
      requireEpoch(found.request, request.epoch);
      if (found.failed && request.epoch > found.request.epoch) return begin(request, make);
      requireSameRequest(found.request, request);
      found.request = request;
      found.askedAtMs = systemClock.monotonic();
      return found;
    },
    result: (preparation, waitMs) =>
      within(preparation.outcome, waitMs, preparation.request.job_id).finally(() => {
        if (preparation.failed) forget(preparation);
      }),
    evict: async (mine, sameVm) => {
      for (const other of [...byJob.values()]) {
        if (other === mine || other.failed || !sameVm(other)) continue;
        if (systemClock.monotonic() - other.askedAtMs < SILENT_MS) throw vmBusy(other.request, other.sessionId);
        await giveUp(other);
      }
    },
    giveUpSilent: async (silentMs) => {
      const silent = [...byJob.values()].filter((p) => systemClock.monotonic() - p.askedAtMs > silentMs);
      await Promise.all(silent.map(giveUp));
    },
  };
}

function newPreparation(request: CreateSession): Preparation {
  return {
    sessionId: `src-${randomBytes(6).toString('hex')}`,
    request,
    vmUuid: undefined,
    askedAtMs: systemClock.monotonic(),
    abort: new AbortController(),
    outcome: Promise.race([]),
    failed: false,
  };
}

/** Another job has the VM. */
export function vmBusy(holder: { job_id: string; vm: string }, sessionId: string): Error {
  return conflict('session.vm-busy', `job ${holder.job_id} has a session on ${holder.vm}`, {
    details: { job_id: holder.job_id, session_id: sessionId },
    hint: 'end that job, or wait until its session expires',
  });
}

async function within(outcome: Promise<LiveSession>, waitMs: number, jobId: string): Promise<LiveSession> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        busy('session.preparing', 'the session is still being made', {
          details: { job_id: jobId },
          hint: 'send the same request again to wait for it',
        }),
      );
    }, waitMs);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

function turns(atOnceMax: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (signal, work) => {
    while (running >= atOnceMax) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      // All look again: one that was given up must not swallow the turn of another.
      for (const wake of waiting.splice(0)) wake();
    }
  };
}
