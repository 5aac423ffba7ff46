import { sleep } from '../base/clock.ts';
import { toAppError, upstream, type AppError } from '../base/errors.ts';
import { mayGoOn, readSubmitted, waitForCloudStackAsyncJob } from './async-jobs.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { mayHaveActed } from './errors.ts';
import type { Parameters } from './signature.ts';

/**
 * How a change of a cloud object is made so that it may be asked for again at any time: look first, act, and after
 * every answer (also a lost one, a failed job, a forgotten job) let the state of the object decide.
 */

export interface Submitted {
  readonly command: string;
  readonly jobId: string | undefined;
  /** The new object, for commands that make one. */
  readonly id: string | undefined;
}

export interface ChangeOptions extends CallOptions {
  /** For the async job of the change, or for the call when it has none. */
  readonly timeoutMs?: number | undefined;
  /** Called when the server has accepted the change, before waiting: write both ids down. What it throws is passed on. */
  readonly onSubmitted?: ((submitted: Submitted) => Promise<void> | void) | undefined;
}

interface Order {
  readonly command: string;
  readonly parameters: Parameters;
  /** For commands that do their work within the call: the call gets the whole time. */
  readonly withoutJob?: boolean;
  /** False: never send the command twice, because a first one that is still on its way would have its effect twice. */
  readonly mayRepeat: boolean;
}

export interface Change<T> extends Order {
  /** The object in the state that is wanted; undefined while it is not. Throws where the change must not be made. */
  look(): Promise<T | undefined>;
}

/** A change that cannot be seen afterwards. */
export interface UnseenChange extends Order {
  /**
   * Waits until the order can be given; `done` when an earlier order has just come to its good end. Throws where the
   * change must not be made.
   */
  prepare(): Promise<'order' | 'done'>;
}

const ATTEMPTS = 2;

/**
 * Returns the object once it is in the wanted state.
 * @throws what `look` throws; the refusal or failure of CloudStack when the state is not reached in spite of it;
 * upstream `cloudstack.no-effect` when CloudStack says that it is done and it is not.
 */
export async function bringAbout<T>(
  client: CloudStackClient,
  change: Change<T>,
  options: ChangeOptions = {},
): Promise<T> {
  const already = await change.look();
  if (already !== undefined) return already;
  for (let attempt = 1; ; attempt += 1) {
    const failure = await submitAndWait(client, change, options);
    const after = await change.look();
    if (after !== undefined) return after;
    if (failure === undefined) throw noEffect(change);
    if (!mayHaveActed(failure)) throw failure;
    // Our request may still be on its way through a proxy or a queue: give it a moment before the state decides.
    await sleep(client.poll.maxMs, options.signal);
    const late = await change.look();
    if (late !== undefined) return late;
    if (!isWorthRepeating(change, failure, attempt)) throw failure;
  }
}

/**
 * Returns once CloudStack has said that it is done: where the state of the object cannot tell.
 * @throws what `prepare` throws, and the refusal or failure of CloudStack.
 */
export async function carryOut(
  client: CloudStackClient,
  change: UnseenChange,
  options: ChangeOptions = {},
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if ((await change.prepare()) === 'done') return;
    const failure = await submitAndWait(client, change, options);
    if (failure === undefined) return;
    if (!mayHaveActed(failure) || !isWorthRepeating(change, failure, attempt)) throw failure;
    await sleep(client.poll.maxMs, options.signal);
  }
}

const isWorthRepeating = ({ mayRepeat }: Order, failure: AppError, attempt: number): boolean =>
  mayRepeat && attempt < ATTEMPTS && !mayGoOn(failure);

/** The failure, where looking at the object can tell what it means; others are thrown. */
async function submitAndWait(
  client: CloudStackClient,
  order: Order,
  options: ChangeOptions,
): Promise<AppError | undefined> {
  const { signal, timeoutMs } = options;
  const { command, parameters } = order;
  let answer: Record<string, unknown>;
  try {
    answer = await client.call(command, parameters, {
      signal,
      ...(order.withoutJob === true ? { timeoutMs } : {}),
    });
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    return toAppError(thrown);
  }
  const { jobId, id } = readSubmitted(answer);
  await options.onSubmitted?.({ command, jobId, id });
  if (jobId === undefined) return order.withoutJob === true ? undefined : noJob(command);
  try {
    await waitForCloudStackAsyncJob(client, { id: jobId, command }, { signal, timeoutMs });
    return undefined;
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    return toAppError(thrown);
  }
}

const noJob = (command: string): AppError =>
  upstream('cloudstack.bad-answer', `cloudstack answered ${command} without naming its async job`, {
    details: { command },
  });

const noEffect = (change: Order): AppError =>
  upstream('cloudstack.no-effect', `cloudstack says that ${change.command} is done, but it is not`, {
    details: { command: change.command, ...change.parameters },
  });
