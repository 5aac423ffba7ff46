import type { MessagePort, Worker } from 'node:worker_threads';
import { AppError, toAppError, type ErrorKind, type Retry } from '../base/errors.ts';
import type { BlockDevice } from './block-device.ts';
import type { CopySetup } from './copy-setup.ts';
import type { PartyFlushed } from './flush-rounds.ts';
import type { Run } from './plan-copy.ts';
import type { VerifyPlan } from './verify/sample.ts';

/**
 * What the planning thread and a carrying thread say to each other. Ranges of the disk and counters only: the bytes never
 * leave the thread that reads them.
 */

/** The copy as a carrier must know it. */
export interface CarriedCopy {
  readonly lengthBytes: number;
  readonly setup: Omit<CopySetup, 'threads'>;
  readonly targetIsZero: boolean;
  readonly detectZeros: boolean;
  /** Which chunks are hashed; undefined: none. */
  readonly hashPlan: VerifyPlan | undefined;
  /** The carrier's own connections must find these again. */
  readonly source: CarriedDisk;
  readonly target: CarriedDisk;
}

/** What the plan and the size of its requests rest on. */
export type CarriedDisk = Pick<BlockDevice, 'sizeBytes' | 'limits'>;

export const isSameDisk = (now: CarriedDisk, planned: CarriedDisk): boolean =>
  now.sizeBytes === planned.sizeBytes &&
  now.limits.minBytes === planned.limits.minBytes &&
  now.limits.maxBytes === planned.limits.maxBytes;

export type ToThread =
  | { readonly type: 'begin'; readonly copy: CarriedCopy }
  /** In answer to `hungry`; never empty. */
  | { readonly type: 'runs'; readonly runs: readonly Run[] }
  /** In answer to `hungry`: there will be no more. */
  | { readonly type: 'end'; readonly goal: number }
  | { readonly type: 'flush' }
  | { readonly type: 'settle'; readonly isKept: boolean; readonly goal: number }
  /** An error: what the copy failed with. */
  | { readonly type: 'stop'; readonly error: PlainError | undefined };

export type FromThread =
  /** Its devices are open. */
  | { readonly type: 'ready' }
  /** It has room for more runs. */
  | { readonly type: 'hungry' }
  | ({ readonly type: 'count' } & ThreadCount)
  /** Nothing is left to take or to do again, as of the last `goal` it was told. */
  | { readonly type: 'idle'; readonly goal: number }
  /** Too much is acknowledged and not flushed. */
  | { readonly type: 'full' }
  | { readonly type: 'flushed'; readonly flushed: PlainFlushed; readonly hasRedo: boolean }
  | { readonly type: 'failed'; readonly error: PlainError };

/** Since the thread began. */
export interface ThreadCount {
  readonly bytesCopied: number;
  readonly bytesZeroed: number;
  readonly bytesSkipped: number;
  readonly retries: number;
}

export type PlainFlushed = Omit<PartyFlushed, 'error'> & { readonly error: PlainError | undefined };

/** An AppError without its methods, cause and stack: what a structured clone keeps. */
export interface PlainError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly retry: Retry;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export function plainError(thrown: unknown): PlainError {
  const { kind, code, message, retry, hint, details } = toAppError(thrown);
  return { kind, code, message, retry, hint, details };
}

export function fromPlain({ kind, code, message, retry, hint, details }: PlainError): AppError {
  return new AppError(kind, [code, message], { retry, hint, details });
}

export const tell = (thread: Worker, message: ToThread): void => thread.postMessage(message);
export const report = (port: MessagePort, message: FromThread): void => port.postMessage(message);
