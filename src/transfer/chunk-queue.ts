import { RunCut, type Chunk, type ChunkShape } from './plan-copy.ts';
import type { RunQueue } from './run-queue.ts';

/**
 * What one carrier takes from the plan: chunks, cut from its current piece of a run at the moment they are taken. That
 * happens for every request, so nothing is waited for and nothing is kept.
 */
export class ChunkQueue {
  readonly #runs: RunQueue;
  readonly #shape: ChunkShape;
  #current: RunCut | undefined;

  constructor(runs: RunQueue, shape: ChunkShape) {
    this.#runs = runs;
    this.#shape = shape;
  }

  /** The next chunk; undefined when there is none now. */
  take(): Chunk | undefined {
    for (;;) {
      const next = this.#current?.next();
      if (next !== undefined) return next;
      const run = this.#runs.take();
      this.#current = run === undefined ? undefined : new RunCut(run, this.#shape);
      if (run === undefined) return undefined;
    }
  }

  /** See RunQueue. */
  more(): Promise<boolean> {
    return this.#runs.more();
  }

  /** See RunQueue; and nothing is left of what was taken from there. */
  get isExhausted(): boolean {
    return this.#current === undefined && this.#runs.isExhausted;
  }

  /** See RunQueue. */
  end(): void {
    this.#runs.end();
  }
}
