import { sleep } from '../base/clock.ts';
import { AppError, busy } from '../base/errors.ts';
import { formatDuration, MINUTE } from '../base/units.ts';
import { mayGoOn, waitForCloudStackAsyncJob } from './async-jobs.ts';
import type { CallOptions, CloudStackClient } from './client.ts';

/** What an earlier attempt has begun is waited for, before anything is decided about the object that it works on. */

export interface Changing {
  readonly id: string;
  readonly state: string;
  readonly pendingJobId: string | undefined;
}

export interface Wait<T> {
  /** For messages: `volume`, `snapshot`, `VM`. */
  readonly what: string;
  readonly first: T | undefined;
  readonly find: (id: string) => Promise<T | undefined>;
  /** States that end by themselves. Not every list answer tells the job that is behind one. */
  readonly passingStates: ReadonlySet<string>;
}

/**
 * The object once no job works on it and its state lasts, however those jobs ended; undefined when it is gone then.
 * `timeoutMs` is for the whole wait; 10 min by default.
 * @throws upstream `cloudstack.job-timeout`, busy `cloudstack.still-changing` (neither ended in time), upstream
 * `cloudstack.job-unseen` (whether it has ended is not shown).
 */
export async function untilSteady<T extends Changing>(
  client: CloudStackClient,
  { what, first, find, passingStates }: Wait<T>,
  options: CallOptions = {},
): Promise<T | undefined> {
  const { signal } = options;
  const timeoutMs = options.timeoutMs ?? 10 * MINUTE;
  const deadline = client.clock.monotonic() + timeoutMs;
  // A job that is still shown after its end is not waited for again.
  const ended = new Set<string>();
  let seen = first;
  while (seen !== undefined) {
    const { id, state, pendingJobId } = seen;
    const leftMs = deadline - client.clock.monotonic();
    if (pendingJobId !== undefined && !ended.has(pendingJobId)) {
      await waitForEnd(client, { id: pendingJobId, command: `a change of the ${what}` }, { signal, timeoutMs: leftMs });
      ended.add(pendingJobId);
    } else if (!passingStates.has(state)) {
      return seen;
    } else if (leftMs <= 0) {
      throw stillChanging({ what, id, state, timeoutMs });
    } else {
      await sleep(Math.min(client.poll.maxMs, leftMs), signal);
    }
    seen = await find(id);
  }
  return undefined;
}

/** @throws only what the state of the object cannot make up for: no answer in time, no access, the caller's abort. */
async function waitForEnd(
  client: CloudStackClient,
  job: { readonly id: string; readonly command: string },
  options: CallOptions,
): Promise<void> {
  try {
    await waitForCloudStackAsyncJob(client, job, options);
  } catch (thrown) {
    if (options.signal?.aborted === true || !(thrown instanceof AppError)) throw thrown;
    if (mayGoOn(thrown)) throw thrown;
  }
}

interface StillChanging {
  readonly what: string;
  readonly id: string;
  readonly state: string;
  readonly timeoutMs: number;
}

const stillChanging = ({ what, id, state, timeoutMs }: StillChanging): AppError =>
  busy('cloudstack.still-changing', `${what} ${id} is still ${state} after ${formatDuration(timeoutMs)}`, {
    // A state that never ends must not be waited for without a limit.
    retry: 'backoff',
    details: { id, state },
    hint: 'its last operation is at work or was broken off: the log of the management server tells which',
  });
