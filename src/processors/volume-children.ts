import { AppError } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import type { Child, JobRun } from '../queues/define-job.ts';
import { attachVolume, volumeOperation, type VolumeAction, type VolumeResult } from '../queues/jobs/attach-volume.ts';

/** A cloud that is slow takes minutes for a volume; one that takes this long has lost it. */
const CHILDREN_WITHIN_MS = 60 * MINUTE;

export interface VolumeRequest {
  /** Unique within the job: `create disk-2000`. */
  readonly key: string;
  readonly action: VolumeAction;
}

/** How one of them ended. */
type VolumeOutcome =
  | { readonly result: VolumeResult; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: AppError };

/**
 * Has the volume daemon do all of these, side by side, and returns their results in the same order. Parks the job
 * while they run, so it ends by an exception unless all have ended: the step is entered again then, finds them by key.
 * @throws the error of the first that failed, when all have ended
 */
export async function volumeChildren(
  run: JobRun<unknown>,
  requests: readonly VolumeRequest[],
): Promise<VolumeResult[]> {
  return (await volumeOutcomes(run, requests)).map(({ result, error }) => {
    if (error !== undefined) throw error;
    return result;
  });
}

/** The same for somebody who goes on when one has failed. */
export async function volumeOutcomes(
  run: JobRun<unknown>,
  requests: readonly VolumeRequest[],
): Promise<VolumeOutcome[]> {
  const children: Child<VolumeResult>[] = [];
  for (const { key, action } of requests) {
    children.push(
      await run.child({ key, contract: attachVolume, payload: action, domainRows: volumeOperation(action) }),
    );
  }
  // Also after a failure: what it means is judged when nothing of it is under way any more.
  const open = children.filter((child) => child.status === 'pending' || child.status === 'running');
  if (open.length > 0) {
    const ids = open.map((child) => child.jobId);
    await run.park(ids, CHILDREN_WITHIN_MS);
  }
  return children.map((child) => {
    if (child.result !== undefined) return { result: child.result };
    return { error: child.error ?? lost(child) };
  });
}

const lost = (child: Child<VolumeResult>): AppError =>
  new AppError('invariant', ['internal', `child ${child.jobId} is ${child.status} and says neither result nor error`]);
