import { setMode } from '../../db/stores/device-mapping-store.ts';
import type { FailoverSnapshot } from '../../db/stores/failover-point-store.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { snapshotsMade } from '../failover-snapshots.ts';
import { volumeChildren } from '../volume-children.ts';
import { cloudOf, FailoverPlan, volumeIds, type Failover } from './context.ts';
import { orLeaveBehind } from './left-behind.ts';

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
    const { run } = scope.context;
    for (const { volumeId, snapshotId } of (await snapshotsOf(scope)).filter(({ isChanged }) => isChanged)) {
      const what = `it may hold what the new VM wrote: set it back to snapshot ${snapshotId}, or copy it in full`;
      const action = { action: 'revert', volumeId, snapshotId } as const;
      await orLeaveBehind(scope, { kind: 'volume', id: volumeId, what }, async () => {
        await volumeChildren(run, [{ key: `set back ${volumeId}`, action }]);
      });
    }
    for (const { volumeId, snapshotId } of (await snapshotsOf(scope)).filter(({ isChanged }) => !isChanged)) {
      const what = `the snapshot of volume ${volumeId} could not be deleted: delete it in CloudStack`;
      const action = { action: 'delete-snapshot', volumeId, snapshotId } as const;
      await orLeaveBehind(scope, { kind: 'snapshot', id: snapshotId, what }, async () => {
        await volumeChildren(run, [{ key: `delete snapshot ${snapshotId}`, action }]);
      });
    }
  },
};

const snapshotsOf = ({ context, outputs, signal }: StepScope<Failover>): Promise<FailoverSnapshot[]> =>
  snapshotsMade({
    db: context.deps.db,
    contextId: context.run.payload.contextId,
    failoverJobId: context.run.jobId,
    client: async () => (await cloudOf(context, outputs.get('validation', FailoverPlan))).client,
    signal,
  });
