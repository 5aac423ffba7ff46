import { conflict } from '../../base/errors.ts';
import { destroyInstance } from '../../cloudstack/instance-changes.ts';
import { listVolumes } from '../../cloudstack/volumes.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import { oursAmong } from '../../db/stores/test-vm-store.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import type { Leftover } from '../../domain/failover/leftover.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { StepWork } from '../../workflow/define.ts';
import { deleteLeftTemplateDisk } from '../template-disk.ts';
import { cloudOf, orLeft, WayBack, type Problems, type Rollback } from './context.ts';

/**
 * The VM goes for good, and only when nothing of ours is at it: CloudStack deletes the root disk together with it. The
 * disk of the template does not go with it where a failover stopped between taking it off and deleting it.
 */
export const deleteVm: StepWork<Rollback> = {
  async run({ context, outputs }): Promise<Problems> {
    const { run } = context;
    const plan = outputs.get('failover-job-retrieval', WayBack);
    const cloud = await cloudOf(context, plan);
    const ofVm = await destroyVm(context, cloud, plan);
    const ofDisk = await dropTemplateDisk(context, cloud, plan);
    // Last: while it is set, what is left of the VM is named.
    if (ofVm.length === 0) {
      await run.fenced((trx) => noteFailover(trx, run.payload.failoverJobId, { destinationVmId: null }));
    }
    return { problems: [...ofVm, ...ofDisk] };
  },
};

async function destroyVm(context: Rollback, cloud: Cloud, { vmId, volumeIds }: WayBack): Promise<Leftover[]> {
  const { signal, log } = context.run;
  if (vmId === null) return [];
  return orLeft(context, { kind: 'vm', id: vmId }, async () => {
    await refuseOurs(context, cloud, vmId);
    await destroyInstance(cloud.client, { vmId, expunge: true, keepVolumeIds: volumeIds }, { signal });
    log.info({ vmId }, 'VM of the failover destroyed');
  });
}

async function dropTemplateDisk(context: Rollback, { client }: Cloud, plan: WayBack): Promise<Leftover[]> {
  const { templateDiskId: id } = plan;
  if (id === null) return [];
  return orLeft(context, { kind: 'volume', id }, () => deleteLeftTemplateDisk(client, id, context.run.signal));
}

async function refuseOurs({ run, deps }: Rollback, { client }: Cloud, vmId: string): Promise<void> {
  const { signal } = run;
  if ((await findInstance(client, vmId, { signal })) === undefined) return;
  const there = await listVolumes(client, { vmId }, { signal });
  const ours = await oursAmong(
    deps.db,
    there.map(({ id }) => id),
  );
  if (ours.length === 0) return;
  throw conflict('rollback.volumes-left', `VM ${vmId} has volumes of ours: it is not destroyed`, {
    details: { vmId, volumeIds: ours },
    hint: 'detach them in CloudStack, then clean up again',
  });
}
