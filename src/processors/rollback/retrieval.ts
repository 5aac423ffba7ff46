import { conflict, notFound } from '../../base/errors.ts';
import { listInstances } from '../../cloudstack/instances.ts';
import { loadFailoverPoint, type FailoverPoint } from '../../db/stores/failover-point-store.ts';
import { failoverEnded, stepOutput } from '../../db/stores/failover-end-store.ts';
import { findFailover, noteFailover, setStatus, type FailoverRecord } from '../../db/stores/failover-store.ts';
import { activeOsseaConfig, osseaConfigById } from '../../db/stores/ossea-config-store.ts';
import { sourceOf } from '../../domain/source.ts';
import type { StepWork } from '../../workflow/define.ts';
import { CreatedVm, FailoverPlan } from '../failover/context.ts';
import type { Rollback, WayBack } from './context.ts';

/**
 * Looks up what the failover made, and writes down that it is being taken back. It changes nothing else, and it is the
 * point of no return: from here on there is only forward, because half a way back is no place to stay.
 */
export const retrieval: StepWork<Rollback> = {
  async run({ context, signal }): Promise<WayBack> {
    const { run, deps } = context;
    const { contextId, failoverJobId } = run.payload;
    const failover = await findFailover(deps.db, failoverJobId);
    const point = await loadFailoverPoint(deps.db, contextId);
    if (failover?.vmContextId !== contextId || point === undefined) {
      throw notFound('failover.unknown', `there is no failover ${failoverJobId} of this VM`, {
        details: { contextId },
      });
    }
    if (failover.committedAt !== null) {
      throw conflict('failover.committed', `failover ${failoverJobId} is committed`, {
        hint: 'nothing leads back any more; protect the VM where it runs now',
      });
    }
    const { osseaConfigId: id } = point;
    const config =
      id === null ? await activeOsseaConfig(deps.db, deps.box) : await osseaConfigById(deps.db, deps.box, id);
    const plan = { configId: config.id, zoneId: config.zone };
    return {
      ...plan,
      type: failover.jobType,
      ended: await failoverEnded(deps.db, failoverJobId),
      vmId: failover.destinationVmId ?? (await lostVm(context, { ...plan, failover, signal })),
      templateDiskId: await templateDisk(context),
      source: sourceOf(point),
      volumeIds: volumesOf(point),
    };
  },

  async record({ context: { run } }, trx) {
    const { failoverJobId } = run.payload;
    await setStatus(trx, failoverJobId, { status: 'reverting' });
    await noteFailover(trx, failoverJobId, { rolledBackBy: run.jobId, remaining: null });
  },
};

const volumesOf = ({ disks }: FailoverPoint): string[] => disks.map(({ volumeId }) => volumeId);

async function templateDisk({ run, deps }: Rollback): Promise<string | null> {
  const made = CreatedVm.safeParse(await stepOutput(deps.db, run.payload.failoverJobId, 'vm-creation')).data;
  return made?.rootVolumeId ?? null;
}

/** Made, and its id never written down: by the name that the failover had checked to be free. */
async function lostVm(
  { deps }: Rollback,
  of: { readonly configId: number; readonly failover: FailoverRecord; readonly signal: AbortSignal },
): Promise<string | null> {
  const { failover, configId, signal } = of;
  if (failover.status === 'completed') return null;
  const planned = FailoverPlan.safeParse(await stepOutput(deps.db, failover.jobId, 'validation')).data;
  if (planned === undefined) return null;
  const { name, displayName, templateId } = planned.instance;
  const { client } = await deps.openCloud(configId);
  const found = await listInstances(client, { name, zoneId: planned.zoneId }, { signal });
  const ours = found.find(
    (vm) => vm.displayName === displayName && vm.templateId === templateId && vm.state !== 'Expunging',
  );
  return ours?.id ?? null;
}
