import { describeError, toAppError } from '../../base/errors.ts';
import { setMode } from '../../db/stores/device-mapping-store.ts';
import { failoverSnapshots } from '../../db/stores/failover-point-store.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { volumeChildren } from '../volume-children.ts';
import { FailoverPlan, volumeIds, type Failover } from './context.ts';

/** A snapshot of every volume, or the failover turns back. Its name tells whose it is, also when its id got lost. */
export const takeSnapshots: StepWork<Failover> = {
  async run({ context: { run }, outputs }) {
    const { volumes } = outputs.get('validation', FailoverPlan);
    const { type } = run.payload.options;
    const made = await volumeChildren(
      run,
      volumes.map(({ diskId, volumeId }) => ({
        key: `snapshot ${diskId}`,
        action: { action: 'snapshot', volumeId, name: `multi-${type}-failover-${diskId}-${run.jobId}` },
      })),
    );
    const snapshotIds = made.map(({ snapshotId }) => snapshotId ?? '');
    await run.fenced(async (trx) => {
      await noteFailover(trx, run.jobId, { osseaSnapshotId: snapshotIds[0] ?? null });
      // A volume that was detached for it came back as one of the appliance.
      for (const volumeId of volumeIds(outputs.get('validation', FailoverPlan)))
        await setMode(trx, volumeId, 'failover');
    });
    return { snapshotIds };
  },

  /** What a VM or a conversion had in its hands is set back first; a snapshot goes only after that succeeded. */
  async undo(scope) {
    const { run, deps } = scope.context;
    const of = { contextId: run.payload.contextId, jobId: run.jobId };
    const changed = (await failoverSnapshots(deps.db, of)).filter(({ isChanged }) => isChanged);
    await volumeChildren(
      run,
      changed.map(({ volumeId, snapshotId }) => ({
        key: `set back ${volumeId}`,
        action: { action: 'revert', volumeId, snapshotId },
      })),
    );
    await deleteSnapshots(scope);
  },
};

/** Best effort: a snapshot that stays costs space and no data, the rows name it, and the source need not wait for it. */
async function deleteSnapshots({ context: { run, deps }, log }: StepScope<Failover>): Promise<void> {
  const all = await failoverSnapshots(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
  try {
    await volumeChildren(
      run,
      all.map(({ volumeId, snapshotId }) => ({
        key: `delete snapshot ${volumeId}`,
        action: { action: 'delete-snapshot', volumeId, snapshotId },
      })),
    );
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.retry !== 'never' || run.signal.aborted || error.kind === 'cancelled') throw error;
    log.error({ error: describeError(error) }, 'snapshots left behind');
  }
}
