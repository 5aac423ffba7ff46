import { deleteVolume, detachVolume } from '../../cloudstack/volume-changes.ts';
import { findVolume } from '../../cloudstack/volumes.ts';
import { findMapping } from '../../db/stores/device-mapping-store.ts';
import { findFailover } from '../../db/stores/failover-store.ts';
import { Conversion } from '../../domain/failover/conversion.ts';
import { dataDeviceId, rootFirst } from '../../domain/failover/disk-order.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { volumeChildren, type VolumeRequest } from '../volume-children.ts';
import { cloudOf, CreatedVm, FailoverPlan, type Failover } from './context.ts';

/** The disk of the template goes, ours take its place: the root disk first, because CloudStack takes no data disk before. */
export const swapDisks: StepWork<Failover> = {
  async run(scope) {
    const { context, outputs } = scope;
    const { run } = context;
    const plan = outputs.get('validation', FailoverPlan);
    const volumes = rootFirst(plan.volumes, outputs.get('virtio-driver-injection', Conversion).rootVolumeId);
    const { vmId } = outputs.get('vm-creation', CreatedVm);
    await dropTemplateDisk(scope);
    await volumeChildren(
      run,
      volumes.map(({ diskId, volumeId }) => ({ key: `take ${diskId}`, action: { action: 'detach', volumeId } })),
    );
    const [root, ...data] = volumes;
    const attach = (volume: (typeof volumes)[number], deviceId: number): VolumeRequest => ({
      key: `give ${volume.diskId}`,
      action: { action: 'attach', volumeId: volume.volumeId, vmId, deviceId },
    });
    if (root !== undefined) await volumeChildren(run, [attach(root, 0)]);
    await volumeChildren(
      run,
      data.map((volume, index) => attach(volume, dataDeviceId(index))),
    );
    return { rootVolumeId: root?.volumeId ?? null };
  },

  /** Ours come back; the disk of the template is gone, or goes when the VM does. */
  async undo({ context, outputs }) {
    const { run, deps } = context;
    const { volumes } = outputs.get('validation', FailoverPlan);
    const vmId = (await findFailover(deps.db, run.jobId))?.destinationVmId ?? null;
    const requests: VolumeRequest[] = [];
    for (const { diskId, volumeId } of volumes) {
      // Written before each order, so a volume without one cannot be on its way there.
      const mapping = await findMapping(deps.db, volumeId);
      if (vmId === null || mapping?.vmId !== vmId) continue;
      requests.push({ key: `take ${diskId} back`, action: { action: 'detach', volumeId } });
    }
    await volumeChildren(run, requests);
  },
};

/** Known by its id since the VM was made; nothing else that the VM may have is touched. */
async function dropTemplateDisk({ context, outputs, signal, log }: StepScope<Failover>): Promise<void> {
  const plan = outputs.get('validation', FailoverPlan);
  const { vmId, rootVolumeId: volumeId } = outputs.get('vm-creation', CreatedVm);
  const { client } = await cloudOf(context, plan);
  if ((await findVolume(client, volumeId, { signal })) === undefined) return;
  await detachVolume(client, { volumeId, vmId }, { signal });
  await deleteVolume(client, { volumeId }, { signal });
  log.info({ volumeId }, 'disk of the template deleted');
}
