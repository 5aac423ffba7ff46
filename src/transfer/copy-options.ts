import type { Worker } from 'node:worker_threads';
import type { BlockDevice, ByteRange } from './block-device.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ManifestRecord } from './verify/manifest-frame.ts';
import type { VerifyPlan } from './verify/sample.ts';

/** Counters of one copy; copied + zeroed + skipped grow up to total. All in bytes. */
export interface CopyCounter {
  /** Sum of the extents (merged, clipped, aligned). While they are still being read: `extentsBytes`, or what is known. */
  bytesTotal: number;
  /** Read from the source and written as data. */
  bytesCopied: number;
  /** Written as zeros. */
  bytesZeroed: number;
  /** Nothing had to be written: proven zero on the target, or done by an earlier run. */
  bytesSkipped: number;
  /** Part of bytesSkipped: done by an earlier run, according to the checkpoint. */
  bytesResumed: number;
}

export interface CopyCheckpoint {
  /** Stretches of the disk in which earlier runs had written AND flushed all of the same extents; in any order. */
  readonly done: Iterable<ByteRange>;
  /**
   * Called after a successful FLUSH with the stretches of the disk that it made done and that no earlier call had (normal
   * form), and the counters of all that is durable. A stretch covers what lies between its extents too: a copy of
   * scattered extents is told in few of them. The next call comes after this promise settled; its rejection ends the copy.
   */
  readonly save: (ranges: readonly ByteRange[], totals: Readonly<CopyCounter>) => Promise<void>;
  /** Also save when this much was acknowledged since the last time. Default: by time only. */
  readonly everyBytes?: number | undefined;
  /** Default 0.25 s for the first and soon 2 s: less than three seconds of transfer are ever done twice. */
  readonly everyMs?: number | undefined;
}

/** Takes the hashes of what was read from the source, so that the target can be compared with it later. */
export interface CopyHashes {
  /** Which chunks are hashed. */
  readonly plan: VerifyPlan;
  /**
   * Called with what a FLUSH made durable, each chunk once, before `checkpoint.save` hears of it; its rejection ends the
   * copy. Where the target cannot flush: with what was acknowledged.
   */
  readonly save: (records: readonly ManifestRecord[]) => Promise<void>;
}

export interface CopyOptions {
  readonly source: BlockDevice;
  readonly target: BlockDevice;
  /** Capacity of the source disk: [0, lengthBytes) is what the copy is about. The target may be larger, never smaller. */
  readonly lengthBytes: number;
  /**
   * What to copy: changed areas, or areas in use; absent means all. Offsets must ascend (overlaps are fine): unsorted
   * input ends the copy with `transfer.extents-not-sorted`. Clipped to the disk, grown outward to whole blocks of both
   * sides. Read as a stream, never held whole.
   */
  readonly extents?: Iterable<ByteRange> | AsyncIterable<ByteRange> | undefined;
  /** Sum of the extents when the caller knows it: makes the total of the progress right from the start. */
  readonly extentsBytes?: number | undefined;
  /** What becomes of the rest of the disk: leave (a delta; the default), or zero (full resync of a used target). */
  readonly outside?: 'leave' | 'zero' | undefined;
  /**
   * The target is proven to read zero wherever this copy has not written: nothing needs zeroing. Default false. When an
   * earlier attempt wrote from another snapshot, or nobody can say, it must be false.
   */
  readonly targetIsZero?: boolean | undefined;
  /** Ask the source which ranges read zero. Default true. */
  readonly useSourceExtents?: boolean | undefined;
  /** Look for zeros in the data that was read. Default true; false writes every byte that was read. */
  readonly detectZeros?: boolean | undefined;
  /** One request. Default 1 MiB; the limits of both sides correct it. */
  readonly requestBytes?: number | undefined;
  /** Chunks of each carrier between read and acknowledged write; slabs take 64 MiB at most. Absent: as many as pay. */
  readonly inFlight?: number | undefined;
  readonly rate?: RateLimit | undefined;
  readonly checkpoint?: CopyCheckpoint | undefined;
  /** Absent: nothing is hashed. */
  readonly hashes?: CopyHashes | undefined;
  /** Accept a target that cannot flush. Default false: `transfer.target-cannot-flush`. */
  readonly allowNoFlush?: boolean | undefined;
  /** Opens one more thread that can carry; see carrier-thread.ts. Default: this thread does it all. */
  readonly openThread?: (() => Worker) | undefined;
  /**
   * Threads that carry, this one included; default 1. One alone where extents are named, the target lets nobody share it
   * or cannot flush, or the copy is small: see copy-setup.ts.
   */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each finished chunk with the same object; must be quick. Includes what is not flushed yet. */
  readonly progress?: ((counter: Readonly<CopyCounter>) => void) | undefined;
}

/** bytesCopied + bytesZeroed + bytesSkipped = bytesTotal = sum of the extents. */
export interface CopyResult {
  readonly bytesTotal: number;
  readonly bytesCopied: number;
  readonly bytesZeroed: number;
  readonly bytesSkipped: number;
  readonly seconds: number;
  /** Requests that were sent again, and chunks that were written again after a restart of the target. */
  readonly retries: number;
  readonly resumedBytes: number;
}
