import { AppError, busy } from '../../base/errors.ts';
import { setMode } from '../../db/stores/device-mapping-store.ts';
import { loadFailoverPoint } from '../../db/stores/failover-point-store.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import type { Conversion } from '../../domain/failover/conversion.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { volumeChildren } from '../volume-children.ts';
import { detachedVolumes, slotsFor } from './appliance.ts';
import { FailoverPlan, volumeIds, type Failover } from './context.ts';

/**
 * Has the guest made fit for KVM on the appliance, all disks of it together. Whatever goes wrong from its first write on
 * is answered by the way back, where the snapshots are.
 */
export const convertGuest: StepWork<Failover> = {
  async run(scope): Promise<Conversion> {
    const { context, outputs } = scope;
    const { run, deps } = context;
    const plan = outputs.get('validation', FailoverPlan);
    await attachAll(scope);
    const point = await loadFailoverPoint(deps.db, run.payload.contextId);
    const [result] = await volumeChildren(run, [
      {
        key: 'convert',
        action: {
          action: 'convert',
          volumeIds: volumeIds(plan),
          osHint: SourceVm.safeParse(point?.inventory).data?.os_type ?? null,
          firmware: plan.instance.boot.type === 'UEFI' ? 'uefi' : 'bios',
        },
      },
    ]);
    const conversion = result?.conversion;
    if (conversion === undefined) {
      throw new AppError('invariant', ['internal', 'a conversion ended and says nothing of what it did']);
    }
    await run.fenced((trx) => noteFailover(trx, run.jobId, { conversion }));
    return conversion;
  },
};

/** Idle volumes may have been detached; only the appliance that has them all can look into the guest. */
async function attachAll(scope: StepScope<Failover>): Promise<void> {
  const { run } = scope.context;
  const detached = await detachedVolumes(scope);
  if (detached.length === 0) return;
  const slots = await slotsFor(scope);
  if (slots === undefined) {
    throw busy('failover.waits-for-slots', 'waits for attach slots, to convert the guest', {
      hint: 'detach data disks that are not needed from the OMA VM, or fail over with skip_virtio',
      retry: 'backoff',
    });
  }
  await volumeChildren(
    run,
    detached.map(({ diskId, volumeId }) => ({
      key: `attach ${diskId} to convert`,
      action: { action: 'attach', volumeId, vmId: slots.vm.vmId },
    })),
  );
  await run.fenced(async (trx) => {
    for (const { volumeId } of detached) await setMode(trx, volumeId, 'failover');
  });
}
