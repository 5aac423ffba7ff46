import type { CopyCounter } from '../transfer/copy-options.ts';
import { TransferRate } from '../transfer/transfer-rate.ts';

/** The two ends of a copy, as far as its progress is concerned. */
export interface ProgressSides {
  readonly source: ProgressSide;
  readonly target: ProgressSide;
}

interface ProgressSide {
  /** That are up now. */
  readonly connections: number;
  readonly retries: number;
}

/** How far a copy is at one moment. */
export interface CopyProgress {
  readonly counter: Readonly<CopyCounter>;
  /** Copied, zeroed and skipped. */
  readonly doneBytes: number;
  readonly percent: number;
  /** Bytes of data per second: over the last ten seconds, and since the start. */
  readonly currentBps: number;
  readonly averageBps: number;
  /** Undefined when nobody can tell. */
  readonly etaSeconds: number | undefined;
  readonly retries: number;
  /** The side that has no connection now; it is tried again for a while. */
  readonly away: 'source' | 'target' | undefined;
}

/** The engine counts for each chunk; this looks at the counters when somebody wants to see them. */
export class ProgressMeter {
  readonly #sides: ProgressSides;
  readonly #rate: TransferRate;
  #counter: Readonly<CopyCounter> | undefined;

  constructor(sides: ProgressSides, startMs: number) {
    this.#sides = sides;
    this.#rate = new TransferRate(startMs);
  }

  count(counter: Readonly<CopyCounter>): void {
    this.#counter = counter;
  }

  /** Undefined before the first chunk. @param nowMs monotonic */
  look(nowMs: number): CopyProgress | undefined {
    if (this.#counter === undefined) return undefined;
    const { source, target } = this.#sides;
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, bytesResumed } = this.#counter;
    const doneBytes = bytesCopied + bytesZeroed + bytesSkipped;
    this.#rate.add(nowMs, { copiedBytes: bytesCopied, workedBytes: doneBytes - bytesResumed });
    return {
      counter: this.#counter,
      doneBytes,
      percent: bytesTotal === 0 ? 100 : (doneBytes / bytesTotal) * 100,
      currentBps: this.#rate.currentBps,
      averageBps: this.#rate.averageBps,
      etaSeconds: this.#rate.etaSeconds(bytesTotal - doneBytes),
      retries: source.retries + target.retries,
      away: source.connections === 0 ? 'source' : target.connections === 0 ? 'target' : undefined,
    };
  }
}
