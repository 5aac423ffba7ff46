import type { z } from 'zod';
import { sleep } from '../../base/clock.ts';
import { upstream } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import { destroyInstance } from '../../cloudstack/instance-changes.ts';
import { deployInstance, type NewInstance } from '../../cloudstack/instance-deployment.ts';
import { listInstances } from '../../cloudstack/instances.ts';
import { listVolumes } from '../../cloudstack/volumes.ts';
import { findFailover, noteFailover } from '../../db/stores/failover-store.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { customIdOf } from '../attach-volume/custom-id.ts';
import { deleteLeftTemplateDisk } from '../template-disk.ts';
import { cloudOf, CreatedVm, FailoverPlan, volumeIds, type Failover } from './context.ts';
import { orLeaveBehind } from './left-behind.ts';

/** CloudStack shows the root disk of a new VM a little later than the VM. */
const ROOT_WITHIN_MS = 2 * MINUTE;
const LOOK_EVERY_MS = 1 * SECOND;

/** Makes the VM and does not start it. Its id is written down as soon as CloudStack has told it. */
export const createVm: StepWork<Failover> = {
  async run({ context, outputs, signal, log }): Promise<z.output<typeof CreatedVm>> {
    const { run } = context;
    const plan = outputs.get('validation', FailoverPlan);
    const cloud = await cloudOf(context, plan);
    const note = (vmId: string): Promise<void> =>
      run.fenced((trx) =>
        noteFailover(trx, run.jobId, { destinationVmId: vmId, destinationVmName: plan.instance.name }),
      );
    const made = await deployInstance(cloud.client, await instanceOf(cloud, { plan, jobId: run.jobId, signal }), {
      signal,
      async onSubmitted({ id }) {
        if (id !== undefined) await note(id);
      },
    });
    await note(made.id);
    log.info({ vmId: made.id, name: made.name, state: made.state }, 'VM made');
    return { vmId: made.id, rootVolumeId: await rootOf(cloud, { vmId: made.id, plan, signal }) };
  },

  async undo(scope) {
    const { context, outputs, signal, log } = scope;
    const { run } = context;
    const plan = outputs.get('validation', FailoverPlan);
    const cloud = await cloudOf(context, plan);
    const what = 'the VM of the failover could not be destroyed: it is stopped and has none of our volumes';
    for (const vmId of await made(scope, cloud, plan)) {
      const isGone = await orLeaveBehind(scope, { kind: 'vm', id: vmId, what }, async () => {
        await destroyInstance(cloud.client, { vmId, expunge: true, keepVolumeIds: volumeIds(plan) }, { signal });
        log.info({ vmId }, 'VM destroyed');
      });
      await dropTemplateDisk(scope, cloud);
      // Last: while it is set, what is left of the VM is named.
      if (isGone) await run.fenced((trx) => noteFailover(trx, run.jobId, { destinationVmId: null }));
    }
  },
};

async function dropTemplateDisk(scope: StepScope<Failover>, { client }: Cloud): Promise<void> {
  const id = scope.outputs.find('vm-creation', CreatedVm)?.rootVolumeId;
  if (id === undefined) return;
  const what = 'the disk of the template could not be deleted: no VM has it, and nothing of ours is on it';
  await orLeaveBehind(scope, { kind: 'volume', id, what }, () => deleteLeftTemplateDisk(client, id, scope.signal));
}

async function instanceOf(
  { client }: Cloud,
  of: { readonly plan: FailoverPlan; readonly jobId: string; readonly signal: AbortSignal },
): Promise<NewInstance> {
  const { instance, zoneId } = of.plan;
  return { ...instance, zoneId, customId: await customIdOf(client, of.jobId, of.signal) };
}

/** The disk of the template: the only one that this VM can have by now. */
async function rootOf(
  { client }: Cloud,
  { vmId, plan, signal }: { readonly vmId: string; readonly plan: FailoverPlan; readonly signal: AbortSignal },
): Promise<string> {
  const deadline = performance.now() + ROOT_WITHIN_MS;
  const ours = new Set(volumeIds(plan));
  for (;;) {
    const volumes = await listVolumes(client, { vmId }, { signal });
    const root = volumes.find(({ id, type }) => type === 'ROOT' && !ours.has(id));
    if (root !== undefined) return root.id;
    if (performance.now() >= deadline) {
      throw upstream('failover.no-root-volume', `cloudstack shows no root disk of VM ${vmId}`, { details: { vmId } });
    }
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** By its id, or, where the answer with the id got lost, by the name that no VM had before. */
async function made({ context }: StepScope<Failover>, { client }: Cloud, plan: FailoverPlan): Promise<string[]> {
  const row = await findFailover(context.deps.db, context.run.jobId);
  if (row?.destinationVmId) return [row.destinationVmId];
  const { name, displayName, templateId } = plan.instance;
  const found = await listInstances(client, { name, zoneId: plan.zoneId }, { signal: context.run.signal });
  return found
    .filter((vm) => vm.displayName === displayName && vm.templateId === templateId && vm.state !== 'Expunging')
    .map(({ id }) => id);
}
