import type { Chunk, Run } from './plan-copy.ts';

/** Runs planned ahead: hides the wait for the next answer about the source's extents. */
const RUNS_MAX = 1024;

/**
 * The plan of a copy on its way to those who carry it out. Runs come from the planner, which waits for the disks, and at
 * most RUNS_MAX ahead; chunks are cut from them at the moment they are taken, which waits for nothing: that happens for
 * every request, and a terabyte may be one run.
 */
export class ChunkQueue {
  readonly #cut: (run: Run) => Iterator<Chunk>;
  readonly #runs: Run[] = [];
  #current: Iterator<Chunk> | undefined;
  #news: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;

  /** @param cut the chunks of a run */
  constructor(cut: (run: Run) => Iterator<Chunk>) {
    this.#cut = cut;
  }

  /** Runs `planner` to its end; the returned promise never rejects, the error goes to those who take. */
  async fill(planner: AsyncIterable<Run>): Promise<void> {
    try {
      for await (const run of planner) {
        if (this.#isEnded) return;
        this.#runs.push(run);
        this.#tellNews();
        if (this.#runs.length >= RUNS_MAX) {
          this.#room = Promise.withResolvers();
          await this.#room.promise;
        }
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.end();
  }

  /** The next chunk; undefined when there is none now. */
  take(): Chunk | undefined {
    for (;;) {
      const next = this.#current?.next();
      if (next !== undefined && next.done !== true) return next.value;
      const run = this.#runs.shift();
      this.#current = run === undefined ? undefined : this.#cut(run);
      if (run === undefined) return undefined;
      this.#room?.resolve();
      this.#room = undefined;
    }
  }

  /**
   * After `take` had nothing: true when it may have something now, false when it never will. Throws the error of the
   * planner; everything before it was taken by then.
   */
  async more(): Promise<boolean> {
    if (this.#runs.length > 0) return true;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isEnded) return false;
    this.#news ??= Promise.withResolvers();
    await this.#news.promise;
    return true;
  }

  /** The planner is at its end, and every chunk was taken. */
  get isExhausted(): boolean {
    return this.#isEnded && this.#failure === undefined && this.#runs.length === 0 && this.#current === undefined;
  }

  /** No more runs come; whoever waits is woken. */
  end(): void {
    this.#isEnded = true;
    this.#tellNews();
    this.#room?.resolve();
    this.#room = undefined;
  }

  #tellNews(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }
}
