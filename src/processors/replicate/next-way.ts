import { toAppError, upstream, type AppError } from '../../base/errors.ts';
import { causeInAreas, isAway, isSnapshotGone } from '../../domain/cbt/cause.ts';
import { type Reason, reasonOf } from '../../domain/cbt/reason.ts';
import { fallBack, type CopyVerdict } from '../../domain/cbt/verdict.ts';

/** New snapshots that a job takes because one was lost, before it is the disk that vSphere does not know. */
export const SNAPSHOTS_LOST_MAX = 2;

/** Worth another attempt, which takes another snapshot. */
export const snapshotGone = (cause: AppError): AppError =>
  upstream('source.snapshot-gone', 'the snapshot of this job was removed, and not by it', {
    cause,
    hint: 'the job takes another one; look at the events of the VM for who removed it',
  });

/**
 * How a disk is copied after it could not be in the way of `verdict`. `failure` is what its extents ended with: only that
 * may change the way; whatever else ended the copy, and whatever passes, is another attempt's business.
 * @throws upstream `source.snapshot-gone`; `thrown` where there is no other way, or no need for one
 */
export function nextWay(
  verdict: CopyVerdict,
  of: { readonly thrown: unknown; readonly failure: unknown; readonly attempt: number },
): CopyVerdict {
  const cause = of.failure === undefined ? undefined : causeOf(verdict, toAppError(of.failure), of.attempt);
  const next = cause === undefined ? undefined : fallBack(verdict, cause);
  if (next === undefined) throw of.thrown;
  return next;
}

function causeOf(verdict: CopyVerdict, failure: AppError, attempt: number): Reason | undefined {
  if (isSnapshotGone(failure)) {
    if (attempt > SNAPSHOTS_LOST_MAX) return reasonOf('cbt.snapshot-gone');
    throw snapshotGone(failure);
  }
  if (verdict.mode !== 'compare') return causeInAreas(failure);
  return isAway(failure) || failure.kind === 'cancelled' ? undefined : { code: failure.code, text: failure.message };
}
