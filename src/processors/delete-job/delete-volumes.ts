import { AppError } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import { recountContext } from '../../db/stores/deletion-rows.ts';
import { forgetCopies } from '../../db/stores/deletion-store.ts';
import type { Child } from '../../queues/define-job.ts';
import { attachVolume, volumeOperation, type VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { StepWork } from '../../workflow/define.ts';
import { DeletionPlan, type DeletedVolumes, type DeletionOfVolumes } from './context.ts';

/** A cloud that is slow takes minutes for a volume; one that takes this long has lost it. */
const CHILDREN_WITHIN_MS = 60 * MINUTE;

/** What the cloud or the daemon say of a volume that a VM has: it is not theirs to take away, and no failure. */
const HELD_BY_A_VM: ReadonlySet<string> = new Set(['volume.attached-elsewhere', 'cloudstack.volume-attached']);

/**
 * Has the volume daemon delete every volume. First, in one transaction, the changeIds that stand for them are
 * forgotten: whatever happens from here on, nobody takes a volume that may be gone for a copy. The row of a volume goes
 * when the cloud has confirmed that the volume is gone; a volume that another VM has stays, with its row.
 */
export const deleteVolumes: StepWork<DeletionOfVolumes> = {
  async run({ context: { run }, outputs }): Promise<DeletedVolumes> {
    const { volumes } = outputs.get('validate', DeletionPlan);
    await run.fenced(async (trx) => {
      await forgetCopies(trx, run.payload.contextId);
      await recountContext(trx, run.payload.contextId, false);
    });
    const children = new Map<string, Child<VolumeResult>>();
    for (const volumeId of volumes) {
      const payload = { action: 'delete', volumeId } as const;
      const domainRows = volumeOperation(payload);
      children.set(
        volumeId,
        await run.child({ key: `delete ${volumeId}`, contract: attachVolume, payload, domainRows }),
      );
    }
    const open = [...children.values()].filter(({ status }) => status === 'pending' || status === 'running');
    if (open.length > 0)
      await run.park(
        open.map(({ jobId }) => jobId),
        CHILDREN_WITHIN_MS,
      );
    const ends = [...children].map(([volumeId, child]) => ({ volumeId, reason: whyKept(child) }));
    return {
      deleted: ends.filter(({ reason }) => reason === null).map(({ volumeId }) => volumeId),
      kept: ends.flatMap(({ volumeId, reason }) => (reason === null ? [] : [{ volumeId, reason }])),
    };
  },
};

/** Null when the volume is gone. @throws why the child failed, when that was not for a VM that has the volume */
function whyKept(child: Child<VolumeResult>): string | null {
  if (child.result !== undefined) return child.result.warning;
  const { error } = child;
  if (error !== undefined && HELD_BY_A_VM.has(error.code)) return `not deleted: ${error.message}`;
  const said = `child ${child.jobId} is ${child.status} and says neither result nor error`;
  throw error ?? new AppError('invariant', ['internal', said]);
}
