import type { ByteRange } from './block-device.ts';
import type { PlannedRun } from './plan-copy.ts';
import { endOf, rangeBetween } from './ranges.ts';

/**
 * What lies between the runs of a plan, where a copy has nothing to do. A chunk that is done is done together with the
 * gap before it: so a copy of a million scattered areas is remembered as a few stretches of the disk, not as a million.
 * Holds the gaps of what is planned and not yet done.
 */
export class PlanGaps {
  #plannedTo = 0;
  /** By the offset of the run after it: where the gap begins. */
  readonly #gaps = new Map<number, number>();

  /** Takes the runs of the plan in its order. */
  planned(run: PlannedRun): void {
    // What an earlier run of the program did, it has remembered with its gap.
    if (run.offset > this.#plannedTo && run.kind !== 'done') this.#gaps.set(run.offset, this.#plannedTo);
    this.#plannedTo = endOf(run);
  }

  /** Chunks that are done for good, merged, with the gap before them. To be asked once for each. */
  withGap(done: ByteRange): ByteRange {
    const start = this.#gaps.get(done.offset);
    if (start === undefined) return done;
    this.#gaps.delete(done.offset);
    return rangeBetween(start, endOf(done));
  }
}
