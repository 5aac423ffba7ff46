import { conflict } from '../../base/errors.ts';
import { destroyInstance } from '../../cloudstack/instance-changes.ts';
import { listVolumes } from '../../cloudstack/volumes.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import { oursAmong } from '../../db/stores/test-vm-store.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { StepWork } from '../../workflow/define.ts';
import { cloudOf, orLeft, WayBack, type Problems, type Rollback } from './context.ts';

/** The VM goes for good, and only when nothing of ours is at it: CloudStack deletes the root disk together with it. */
export const deleteVm: StepWork<Rollback> = {
  async run({ context, outputs, signal, log }): Promise<Problems> {
    const { run } = context;
    const plan = outputs.get('failover-job-retrieval', WayBack);
    const { vmId } = plan;
    if (vmId === null) return { problems: [] };
    const cloud = await cloudOf(context, plan);
    const problems = await orLeft(context, { kind: 'vm', id: vmId }, async () => {
      await refuseOurs(context, cloud, vmId);
      const destruction = { vmId, expunge: true, keepVolumeIds: plan.volumeIds };
      await destroyInstance(cloud.client, destruction, { signal });
      await run.fenced((trx) => noteFailover(trx, run.payload.failoverJobId, { destinationVmId: null }));
      log.info({ vmId }, 'VM of the failover destroyed');
    });
    return { problems };
  },
};

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
