import { commitCycle } from '../../db/stores/cycle-commit.ts';
import { replicationType } from '../../domain/sync-mode.ts';
import type { ReplicationResult } from '../../queues/jobs/replicate.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Transferred, type CopiedDisk } from './outputs.ts';

/**
 * The changeIds of all disks, in the transaction that makes the workflow committed: there is no moment at which they
 * are stored and the job could still be undone. It comes after the transfer step has flushed every disk AND deleted
 * every export: a changeId never claims a byte that was not flushed (I7), and nobody can write behind it.
 */
export const commit: StepWork<Replication> = {
  run({ outputs }): Promise<ReplicationResult> {
    const { disks } = outputs.get('transfer', Transferred);
    return Promise.resolve({
      type: replicationType(disks.map((disk) => disk.mode)),
      bytesTransferred: disks.reduce((sum, disk) => sum + disk.bytesTransferred, 0),
      disks: disks.map(({ diskId, mode, changeId, verify }) => ({ diskId, mode, changeId, verify })),
    });
  },

  record({ context: { run }, outputs }, trx) {
    const { disks, snapshot, snapshotAt, vm } = outputs.get('transfer', Transferred);
    return commitCycle(trx, {
      jobId: run.jobId,
      contextId: run.payload.contextId,
      type: replicationType(disks.map((disk) => disk.mode)),
      snapshot,
      snapshotAt: new Date(snapshotAt),
      disks: disks.map((disk) => ({
        ...disk,
        landing: { overlayId: disk.overlayId, inPlaceReason: disk.inPlaceReason },
      })),
      vm: vm === null ? null : { commit: vm, byDiskId: byDiskId(disks, vm) },
    });
  },
};

type VmCommit = NonNullable<Transferred['vm']>;

const byDiskId = (disks: readonly CopiedDisk[], { disks: told }: VmCommit): Map<string, VmCommit['disks'][number]> =>
  new Map(
    disks.flatMap(({ diskId, deviceKey }) => told.filter(({ key }) => key === deviceKey).map((one) => [diskId, one])),
  );
