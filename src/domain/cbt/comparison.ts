import { DAY } from '../../base/units.ts';
import { type Reason, reasonOf } from './reason.ts';
import type { CopyVerdict } from './verdict.ts';

/** What is known of a disk about the last time that all of it was looked at. */
export interface LastLook {
  /** Null: it never was. */
  readonly verifiedAgoMs: number | null;
  /** Of an earlier cycle; see Verdict. */
  readonly verifyReason: string | null;
}

/**
 * Compares a disk that could be copied by its changes, when an earlier cycle was in doubt, or when it was not compared
 * for `everyDays` (0: never by time). Nobody but a comparison finds changes that were not tracked: since vSphere 6.5 a
 * damaged file of the tracking may raise no error.
 */
export function comparedWhenDue(verdict: CopyVerdict, last: LastLook, everyDays: number): CopyVerdict {
  if (verdict.mode !== 'incremental') return verdict;
  const reason = reasonToCompare(last, everyDays);
  return reason === undefined ? verdict : { mode: 'compare', reason };
}

function reasonToCompare({ verifiedAgoMs, verifyReason }: LastLook, everyDays: number): Reason | undefined {
  if (verifyReason !== null) {
    const { code, text } = reasonOf('cbt.doubted');
    return { code, text: `${text}: ${verifyReason}` };
  }
  const isDue = everyDays > 0 && (verifiedAgoMs === null || verifiedAgoMs >= everyDays * DAY);
  return isDue ? reasonOf('cbt.comparison-due') : undefined;
}
