import type { Worker } from 'node:worker_threads';
import { upstream, type AppError } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import { MiB, SECOND } from '../../base/units.ts';
import type { BlockDevice, ByteRange } from '../block-device.ts';
import { abortError, copyDisk } from '../copy-disk.ts';
import { THREADS_PAY_BYTES } from '../copy-setup.ts';
import type { CopyHashes, CopyOptions, CopyResult } from '../copy-options.ts';
import { alignDown, alignUp, complement, cut, endOf, normalise, rangeBetween, subtract, sumBytes } from '../ranges.ts';
import type { Manifest } from './manifest.ts';
import { RangeIndex } from './range-index.ts';
import { readBack, type Differences } from './read-back.ts';
import { isChosen, verifyPlan, type VerifyPlan } from './sample.ts';
import { StandIn } from './stand-in.ts';

export interface VerifiedCopyOptions {
  readonly copy: Omit<CopyOptions, 'extents' | 'hashes'>;
  /** As `CopyOptions.extents`; called for each time they are walked through. */
  readonly extents?: (() => Iterable<ByteRange> | AsyncIterable<ByteRange>) | undefined;
  readonly mode: 'sample' | 'full';
  /** Opened with what the checkpoint says is done. */
  readonly manifest: Manifest;
  /** Opens the target on connections of its own; the copy closes it again. Called after everything was flushed. */
  readonly reopenTarget: (how: { readonly readOnly: boolean }) => Promise<ReopenedTarget>;
  /** Opens a thread that reads the target too, where that pays; see serveReader. */
  readonly openReader?: (() => Worker) | undefined;
  /**
   * Called each time that differences were found, before they are copied again, or given up as too many: a checkpoint
   * that says "done" is wrong now.
   */
  readonly beforeRepair?: (() => Promise<void>) | undefined;
  readonly progress?: ((state: VerifyProgress) => void) | undefined;
}

export interface ReopenedTarget {
  readonly device: BlockDevice;
  /** Of the device and of what stands behind it. Never throws. */
  close(): Promise<void>;
}

export interface VerifyProgress {
  /** Compared in this pass. */
  readonly bytesRead: number;
  /** What this pass will compare; undefined where that is not known. */
  readonly bytesTotal: number | undefined;
}

export interface VerifyResult {
  /** A sample that found something became full. */
  readonly mode: 'sample' | 'full';
  /** Read from the target and found equal, in the last pass. */
  readonly bytesVerified: number;
  /** Chunks, or pieces of zeros, that differed and were copied again. */
  readonly mismatches: number;
  readonly repairedBytes: number;
  /** From the end of the copy on. */
  readonly seconds: number;
}

/** Where the chunks are not known yet. */
const CHUNK_BYTES = 1 * MiB;
const REPAIRS_MAX = 3;

/**
 * `copyDisk`, and then proof: the target is read again over new connections and compared with the hashes of what was
 * read from the source. What differs is copied again, flushed, and compared again; after a repair everything is compared
 * once more, because a target that loses writes may also have put them elsewhere. A sample in which something differs
 * is not believed any further: all is compared then, and what has no hash is read from the source again for it.
 *
 * It cannot notice what was wrong before it was hashed: between the source's disk and here.
 *
 * Errors: those of copyDisk, of the manifest and of `reopenTarget`; transfer.verify-failed (still different after
 * REPAIRS_MAX repairs). Cancelled as copyDisk is.
 */
export async function copyVerified(options: VerifiedCopyOptions): Promise<CopyResult & { verify: VerifyResult }> {
  const { signal } = options.copy;
  try {
    return await new VerifiedCopy(options).run();
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : error;
  }
}

class VerifiedCopy {
  readonly #options: VerifiedCopyOptions;
  readonly #signal: AbortSignal;
  readonly #everything: VerifyPlan;
  #plan: VerifyPlan;
  #mismatches = 0;
  #repairedBytes = 0;

  constructor(options: VerifiedCopyOptions) {
    const { copy, mode, manifest } = options;
    const disk = { lengthBytes: copy.lengthBytes, chunkBytes: copy.requestBytes ?? CHUNK_BYTES, seed: manifest.seed };
    this.#options = options;
    this.#signal = copy.signal ?? new AbortController().signal;
    this.#everything = verifyPlan('full', disk);
    this.#plan = verifyPlan(mode, disk);
  }

  async run(): Promise<CopyResult & { verify: VerifyResult }> {
    const { copy, extents, manifest } = this.#options;
    const unhashed = await this.#unhashedOf(normalise(copy.checkpoint?.done ?? []));
    const copied = await copyDisk({ ...copy, extents: extents?.(), hashes: this.#hashes(this.#plan) });
    const startedAtMs = performance.now();
    await this.#hashSource(unhashed);
    const bytesVerified = await this.#compareAndRepair(copied.bytesTotal);
    const isFull = this.#plan.share >= 1;
    invariant(!isFull || bytesVerified >= copied.bytesTotal, `the manifest of ${manifest.lengthBytes} bytes has gaps`);
    const verify: VerifyResult = {
      mode: this.#plan === this.#everything ? 'full' : this.#options.mode,
      bytesVerified,
      mismatches: this.#mismatches,
      repairedBytes: this.#repairedBytes,
      seconds: (performance.now() - startedAtMs) / SECOND,
    };
    return { ...copied, verify };
  }

  /** Until nothing differs. Returns how much was compared in the last pass over everything. */
  async #compareAndRepair(bytesTotal: number): Promise<number> {
    let only: readonly ByteRange[] | undefined;
    for (let repairs = 0; ;) {
      const found = await this.#compare(only, bytesTotal);
      if (found.count === 0 && only === undefined) return found.bytesRead;
      if (found.count === 0) {
        only = undefined;
      } else if (this.#plan.share < 1) {
        await this.#distrust();
      } else {
        await this.#options.beforeRepair?.();
        if (repairs === REPAIRS_MAX || found.isCutOff) throw verifyFailed(this.#options.copy.target, found);
        repairs += 1;
        only = await this.#repair(found);
      }
    }
  }

  async #compare(only: readonly ByteRange[] | undefined, bytesTotal: number): Promise<Differences> {
    const { copy, manifest, progress } = this.#options;
    const passBytes = only === undefined ? bytesTotal : sumBytes(only);
    const isFull = this.#plan.share >= 1;
    let bytesRead = 0;
    const target = await this.#options.reopenTarget({ readOnly: true });
    try {
      return await readBack({
        target: target.device,
        manifest,
        plan: this.#plan,
        only: only === undefined ? undefined : new RangeIndex(only),
        rate: copy.rate,
        signal: this.#signal,
        openThread: this.#maySecondRead(passBytes) ? this.#options.openReader : undefined,
        progress: (bytes) => {
          bytesRead += bytes;
          progress?.({ bytesRead, bytesTotal: isFull ? passBytes : undefined });
        },
      });
    } finally {
      await target.close();
    }
  }

  /** Reading a sample, or a repair, is over before another thread has begun. */
  #maySecondRead(passBytes: number): boolean {
    return this.#plan.share >= 1 && passBytes >= THREADS_PAY_BYTES && this.#options.copy.target.features.canShare;
  }

  /** From here on all is compared. */
  async #distrust(): Promise<void> {
    const { copy, manifest } = this.#options;
    this.#plan = this.#everything;
    await this.#hashSource(complement(await manifest.coverage(), copy.lengthBytes));
  }

  /** Copies anew what differs. Returns it. */
  async #repair(found: Differences): Promise<ByteRange[]> {
    const { copy, manifest } = this.#options;
    const { source } = copy;
    this.#mismatches += found.count;
    await manifest.forget(normalise([...found.data, ...found.zeros]));
    const blockBytes = Math.max(source.limits.minBytes, copy.target.limits.minBytes);
    const zeros = found.zeros.flatMap((range) => wholeBlocks(range, { blockBytes, lengthBytes: copy.lengthBytes }));
    const data = normalise([...found.data, ...subtract(found.zeros, zeros)]);
    const target = await this.#options.reopenTarget({ readOnly: false });
    try {
      const again = {
        ...copy,
        target: target.device,
        outside: 'leave',
        targetIsZero: false,
        checkpoint: undefined,
      } as const;
      const hashes = this.#hashes(this.#everything);
      const quiet = { ...again, targetIsZero: false, useSourceExtents: false, progress: undefined, hashes };
      if (data.length > 0) await copyDisk({ ...quiet, extents: data });
      if (zeros.length > 0) {
        // Not from the source: zeros outside the extents of a full resync are not what it holds.
        await copyDisk({ ...quiet, source: new StandIn(source), useSourceExtents: true, extents: zeros });
      }
    } finally {
      await target.close();
    }
    const repaired = normalise([...data, ...zeros]);
    this.#repairedBytes += sumBytes(repaired);
    return repaired;
  }

  /** What is done, has no hash and should have one. */
  async #unhashedOf(done: readonly ByteRange[]): Promise<ByteRange[]> {
    if (done.length === 0) return [];
    const open = subtract(done, await this.#options.manifest.coverage());
    if (this.#plan.share >= 1) return open;
    const pieceBytes = this.#options.copy.requestBytes ?? CHUNK_BYTES;
    return open.flatMap((range) => [...cut(range, pieceBytes)].filter((piece) => isChosen(this.#plan, piece)));
  }

  /** Reads `ranges` (normal form, or touching), as far as the copy is about them, and keeps the hashes. */
  async #hashSource(ranges: readonly ByteRange[]): Promise<void> {
    if (ranges.length === 0) return;
    const { copy, extents } = this.#options;
    await copyDisk({
      ...alone(copy),
      target: new StandIn(copy.target),
      extents: extents?.(),
      checkpoint: { done: complement(normalise(ranges), copy.lengthBytes), save: async () => {} },
      hashes: this.#hashes(this.#everything),
      progress: undefined,
    });
  }

  #hashes(plan: VerifyPlan): CopyHashes {
    const { manifest } = this.#options;
    return { plan, save: (records) => manifest.add(records) };
  }
}

/** Threads open the two disks that the copy was begun with: they would pass by one that stands in for another. */
const alone = (copy: VerifiedCopyOptions['copy']): VerifiedCopyOptions['copy'] => ({
  ...copy,
  threads: undefined,
  openThread: undefined,
});

/** The part of `range` that can be zeroed without touching what is beside it. */
function wholeBlocks(range: ByteRange, disk: { blockBytes: number; lengthBytes: number }): ByteRange[] {
  const start = alignUp(range.offset, disk.blockBytes);
  const end = endOf(range) >= disk.lengthBytes ? disk.lengthBytes : alignDown(endOf(range), disk.blockBytes);
  return end > start ? [rangeBetween(start, end)] : [];
}

function verifyFailed(target: BlockDevice, found: Differences): AppError {
  const ranges = normalise([...found.data, ...found.zeros]);
  const { offset = 0, length = 0 } = ranges[0] ?? {};
  const count = `${ranges.length}${found.isCutOff ? ' or more' : ''}`;
  return upstream(
    'transfer.verify-failed',
    `${target.name} does not hold what was written to it: it differs at offset ${offset}, length ${length} (ranges: ${count})`,
    {
      hint: 'do not use this copy; check the storage behind the export, then copy again',
      // Writing it again did not help.
      retry: 'never',
      details: { target: target.name, offset, length, ranges: ranges.length, bytes: sumBytes(ranges) },
    },
  );
}
