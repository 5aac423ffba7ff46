import type { Worker } from 'node:worker_threads';
import { MiB } from '../../base/units.ts';
import type { BlockDevice, ByteRange } from '../block-device.ts';
import { untilAborted } from '../carrier.ts';
import { LaneCount } from '../lane-count.ts';
import { cut, endOf, normalise, rangeBetween } from '../ranges.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { ManifestRecord } from './manifest-frame.ts';
import type { Manifest } from './manifest.ts';
import { PlaceReader, ZERO_PIECE_BYTES } from './place-reader.ts';
import type { RangeIndex } from './range-index.ts';
import { chosenZeros, isChosen, type VerifyPlan } from './sample.ts';
import { ThreadReader } from './thread-reader.ts';

export interface ReadBackOptions {
  readonly target: BlockDevice;
  readonly manifest: Manifest;
  readonly plan: VerifyPlan;
  /** Look only at records inside of these. */
  readonly only?: RangeIndex | undefined;
  readonly rate: RateLimit | undefined;
  readonly signal: AbortSignal;
  /** Opens a thread that reads too; see serveReader. Absent: this one reads alone. */
  readonly openThread?: (() => Worker) | undefined;
  /** Called with the bytes of each place that was looked at. */
  readonly progress?: ((bytes: number) => void) | undefined;
}

/** Where the target differs from what was read from the source. Normal form each; no byte is in both. */
export interface Differences {
  readonly data: readonly ByteRange[];
  readonly zeros: readonly ByteRange[];
  /** Chunks that differ, and pieces of zeros. */
  readonly count: number;
  /** Bytes that were compared. */
  readonly bytesRead: number;
  /** There were too many to remember; the others are not in the lists. */
  readonly isCutOff: boolean;
}

/** Slabs to begin with; where each answer takes long, more of them. */
const START_BYTES = 8 * MiB;
const LANES_MAX = 64;
/** All slabs together. */
const SLABS_BYTES = 20 * MiB;
/** Handed to a thread at a time. */
const BATCH_BYTES = 8 * MiB;
/** Bounds the memory; neighbours count as one. */
const RANGES_MAX = 65_536;

/**
 * Reads the target again where the manifest speaks of it and compares. The target must hold everything: that is, the copy
 * was flushed, and `target` was opened after that. Errors: those of the device and of the manifest; the reason of `signal`.
 */
export async function readBack(options: ReadBackOptions): Promise<Differences> {
  return new ReadBack(options).run();
}

class ReadBack {
  readonly #options: ReadBackOptions;
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  readonly #differ = { data: new DifferentRanges(), zero: new DifferentRanges() };
  #bytesRead = 0;
  readonly #reader: PlaceReader;
  readonly #places: AsyncGenerator<ManifestRecord>;
  readonly #laneCount: LaneCount;
  #lanes = 0;
  #isDrained = false;

  constructor(options: ReadBackOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal]);
    const { target, manifest } = options;
    this.#reader = new PlaceReader({ target, hash: manifest.hash, longestBytes: manifest.longestBytes });
    this.#places = this.#allPlaces();
    const { slabBytes } = this.#reader;
    const max = Math.max(1, Math.min(LANES_MAX, Math.floor(SLABS_BYTES / slabBytes)));
    this.#laneCount = new LaneCount({
      start: Math.min(Math.max(4, Math.floor(START_BYTES / slabBytes)), max),
      max,
    });
  }

  async run(): Promise<Differences> {
    const thread = this.#openThread();
    const ended = Promise.withResolvers<void>();
    // Nobody waits for a far side that is slow to fail: every read settles when the device is closed.
    const onAbort = (): void => ended.reject(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    else this.#addLanes(ended.resolve);
    try {
      await ended.promise;
      if (thread !== undefined) await untilAborted(thread.finish(), this.#signal);
      this.#signal.throwIfAborted();
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      await thread?.close();
    }
    const { data, zero } = this.#differ;
    return {
      data: data.ranges(),
      zeros: zero.ranges(),
      count: data.count + zero.count,
      bytesRead: this.#bytesRead,
      isCutOff: data.isCutOff || zero.isCutOff,
    };
  }

  #openThread(): ThreadReader | undefined {
    const { openThread, target, manifest } = this.#options;
    if (openThread === undefined || this.#signal.aborted) return undefined;
    return new ThreadReader({
      open: openThread,
      target,
      longestBytes: manifest.longestBytes,
      take: () => this.#takeBatch(),
      onLooked: (bytes, differing) => {
        for (const place of differing) this.#differ[place.kind].add(place);
        this.#looked(bytes);
      },
      fail: (error) => this.#failure.abort(error),
    });
  }

  async #takeBatch(): Promise<ManifestRecord[]> {
    const { rate } = this.#options;
    const batch: ManifestRecord[] = [];
    let bytes = 0;
    // What is handed out is read as fast as it can be, so under a limit it is what passes within a moment.
    const bytesMax = Math.min(BATCH_BYTES, (rate?.bytesPerSInForce ?? Infinity) / 10);
    do {
      const next = await this.#places.next();
      if (next.done === true) break;
      batch.push(next.value);
      bytes += next.value.length;
    } while (bytes < bytesMax);
    const turn = bytes === 0 ? undefined : rate?.take(bytes, this.#signal);
    if (turn !== undefined) await turn;
    this.#signal.throwIfAborted();
    return batch;
  }

  /** What is looked at, each no longer than a slab; in the order of the manifest. */
  async *#allPlaces(): AsyncGenerator<ManifestRecord> {
    for await (const records of this.#options.manifest.records()) {
      for (const record of records) {
        yield* record.kind === 'data' ? this.#chosenChunk(record) : this.#zeroPieces(record);
      }
    }
  }

  *#chosenChunk(record: ManifestRecord): Generator<ManifestRecord> {
    const { plan, only } = this.#options;
    if (isChosen(plan, record) && (only === undefined || only.inside(record).length > 0)) yield record;
  }

  *#zeroPieces(record: ManifestRecord): Generator<ManifestRecord> {
    const { plan, only } = this.#options;
    const parts = only === undefined ? [record] : only.inside(record);
    for (const chosen of parts.flatMap((part) => [...chosenZeros(plan, part)])) {
      for (const { offset, length } of cut(chosen, ZERO_PIECE_BYTES)) yield { kind: 'zero', offset, length };
    }
  }

  /** `onEnd` is called when the last of all has nothing to do; a failure aborts instead. */
  #addLanes(onEnd: () => void): void {
    while (!this.#isDrained && this.#lanes < this.#laneCount.wanted) {
      this.#lanes += 1;
      void this.#runLane(onEnd);
    }
  }

  async #runLane(onEnd: () => void): Promise<void> {
    try {
      const slab = Buffer.allocUnsafeSlow(this.#reader.slabBytes);
      while (this.#lanes <= this.#laneCount.wanted) {
        const next = await this.#places.next();
        this.#isDrained = next.done === true;
        if (next.done === true) break;
        this.#signal.throwIfAborted();
        await this.#look(next.value, slab);
        this.#laneCount.carried(performance.now());
        this.#addLanes(onEnd);
      }
      this.#lanes -= 1;
      if (this.#lanes === 0) onEnd();
    } catch (error) {
      this.#failure.abort(error);
    }
  }

  async #look(place: ManifestRecord, slab: Buffer): Promise<void> {
    const turn = this.#options.rate?.take(place.length, this.#signal);
    if (turn !== undefined) await turn;
    if (!(await this.#reader.holds(place, slab))) this.#differ[place.kind].add(place);
    this.#looked(place.length);
  }

  #looked(bytes: number): void {
    this.#bytesRead += bytes;
    this.#options.progress?.(bytes);
  }
}

/** Ranges in any order, few of them where many touch. */
class DifferentRanges {
  count = 0;
  isCutOff = false;
  #ranges: ByteRange[] = [];

  add(range: ByteRange): void {
    this.count += 1;
    if (this.isCutOff) return;
    this.#ranges.push(rangeBetween(range.offset, endOf(range)));
    if (this.#ranges.length < 2 * RANGES_MAX) return;
    this.#ranges = normalise(this.#ranges);
    this.isCutOff = this.#ranges.length > RANGES_MAX;
  }

  ranges(): ByteRange[] {
    return normalise(this.#ranges);
  }
}
