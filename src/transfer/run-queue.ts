import type { Run } from './plan-copy.ts';
import { alignDown, endOf, rangeBetween } from './ranges.ts';

/** Whoever waits for runs sees at most this many planned ahead: hides the wait for an answer about extents. */
const RUNS_MAX = 1024;

export interface RunQueueOptions {
  /** Runs of data are handed out in pieces that end at multiples of this: large enough to be read in one sweep. */
  readonly pieceBytes: number;
  /** What may be planned ahead, besides the number of runs. Default: any number of bytes. */
  readonly bytesAheadMax?: number | undefined;
}

/**
 * The plan of a copy on its way to those who carry it out. Runs come from a planner, which may wait for disks or for
 * another thread, and only a bounded number ahead; they are taken without waiting, in pieces, because a terabyte may be
 * one run.
 */
export class RunQueue {
  readonly #options: RunQueueOptions;
  readonly #runs: Run[] = [];
  /** What is left of the run that is handed out. */
  #rest: Run | undefined;
  #bytesAhead = 0;
  #news: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: RunQueueOptions) {
    this.#options = options;
  }

  /** Runs `planner` to its end; the returned promise never rejects, the error goes to those who take. */
  async fill(planner: AsyncIterable<Run>): Promise<void> {
    try {
      for await (const run of planner) {
        if (this.#isEnded) return;
        this.#runs.push(run);
        this.#bytesAhead += bytesOf(run);
        this.#tellNews();
        if (this.#isFull()) {
          this.#room = Promise.withResolvers();
          await this.#room.promise;
        }
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.end();
  }

  /** The next run, or the first piece of it; undefined when there is none now. */
  take(): Run | undefined {
    const run = this.#rest ?? this.#runs.shift();
    if (run === undefined) return undefined;
    const end = endOf(run);
    const cutAt = alignDown(run.offset, this.#options.pieceBytes) + this.#options.pieceBytes;
    const isWhole = run.kind !== 'data' || cutAt >= end;
    const piece = isWhole ? run : { ...rangeBetween(run.offset, cutAt), kind: run.kind };
    this.#rest = isWhole ? undefined : { ...rangeBetween(cutAt, end), kind: run.kind };
    this.#bytesAhead -= bytesOf(piece);
    if (!this.#isFull()) this.#tellRoom();
    return piece;
  }

  /**
   * After `take` had nothing: true when it may have something now, false when it never will. Throws the error of the
   * planner; everything before it was taken by then.
   */
  async more(): Promise<boolean> {
    if (this.#rest !== undefined || this.#runs.length > 0) return true;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isEnded) return false;
    this.#news ??= Promise.withResolvers();
    await this.#news.promise;
    return true;
  }

  /** The planner came to its end, and everything was taken. */
  get isExhausted(): boolean {
    return this.#isEnded && this.#failure === undefined && this.#runs.length === 0 && this.#rest === undefined;
  }

  /** No more runs come; whoever waits is woken. */
  end(): void {
    this.#isEnded = true;
    this.#tellNews();
    this.#tellRoom();
  }

  #isFull(): boolean {
    return this.#runs.length >= RUNS_MAX || this.#bytesAhead >= (this.#options.bytesAheadMax ?? Infinity);
  }

  #tellNews(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }

  #tellRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** Zeros cost a request, whatever their length. */
const bytesOf = (run: Run): number => (run.kind === 'data' ? run.length : 0);
