import { GiB, wholeGiB } from '../../base/units.ts';
import { assignVolume, loadCycleVm, type CycleDisk } from '../../db/stores/cycle-store.ts';
import { volumeNameOf } from '../../domain/volume-findings.ts';
import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Prepared, type Volumes } from './outputs.ts';
import { volumeChildren, type VolumeRequest } from '../volume-children.ts';

/**
 * A volume per disk, found by (context, disk) and never by name or size: the one that it has, or a new one. Where the
 * disk has outgrown its volume, the volume grows first. There is no undo: a volume that was made is tied to its disk and
 * used by the next attempt, knowingly.
 */
export const createVolumes: StepWork<Replication> = {
  async run({ context, outputs }): Promise<Volumes> {
    const { run, deps } = context;
    const plan = outputs.get('prepare', Prepared);
    const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
    const sizes = new Map(plan.disks.map((disk) => [disk.vmDiskId, disk.capacityBytes]));
    const disks = (vm?.disks ?? []).map((disk) => ({
      ...disk,
      capacityBytes: sizes.get(disk.vmDiskId) ?? disk.capacityBytes,
    }));
    const small = disks.filter(isTooSmall);
    const missing = disks.filter((disk) => disk.volume === null);
    if (missing.length + small.length > 0) {
      const what = missing.length > 0 ? 'Creating' : 'Resizing';
      await run.fenced((trx) =>
        writeSetupProgress(trx, run.jobId, { percent: 30, operation: `${what} volumes: waits for the volume daemon` }),
      );
    }
    const results = await volumeChildren(run, [
      ...missing.map((disk): VolumeRequest => ({
        key: `create ${disk.diskId}`,
        action: {
          action: 'create',
          name: volumeName(run.payload.contextId, disk.diskId),
          sizeGb: wholeGiB(disk.capacityBytes),
          diskOfferingId: plan.diskOfferingId,
          zoneId: plan.zoneId,
          contextId: run.payload.contextId,
        },
      })),
      ...small.map(resizeOf),
    ]);
    const made = new Map(missing.map((disk, index) => [disk.vmDiskId, results[index]?.volumeId ?? '']));
    await run.fenced(async (trx) => {
      for (const [vmDiskId, volumeId] of made) await assignVolume(trx, vmDiskId, volumeId);
      await writeSetupProgress(trx, run.jobId, { percent: 60, operation: 'Volumes ready' });
    });
    return disks.map((disk) => ({
      vmDiskId: disk.vmDiskId,
      diskId: disk.diskId,
      volumeId: disk.volume?.volumeId ?? made.get(disk.vmDiskId) ?? '',
    }));
  },
};

/** The same for each attempt: a repeated create finds the first volume by it. */
function volumeName(contextId: string, diskId: string): string {
  return volumeNameOf(contextId, diskId);
}

const isTooSmall = ({ volume, capacityBytes }: CycleDisk): boolean =>
  volume !== null && volume.sizeGb * GiB < capacityBytes;

function resizeOf({ diskId, volume, capacityBytes }: CycleDisk): VolumeRequest {
  const sizeGb = wholeGiB(capacityBytes);
  // The size belongs to the key: a disk that grows again while the job is tried again is another request.
  return { key: `resize ${diskId} ${sizeGb}`, action: { action: 'resize', volumeId: volume?.volumeId ?? '', sizeGb } };
}
