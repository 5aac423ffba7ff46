import { notFound, precondition } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { listInstances } from '../../cloudstack/instances.ts';
import { loadFailoverPoint, type FailoverPoint } from '../../db/stores/failover-point-store.ts';
import { activeOsseaConfig, osseaConfigById, type ActiveOsseaConfig } from '../../db/stores/ossea-config-store.ts';
import { inUnitOrder } from '../../domain/failover/disk-order.ts';
import { instanceName } from '../../domain/failover/instance-name.ts';
import { sourceOf } from '../../domain/source.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Cloud } from '../../volumes/cloud.ts';
import type { Failover, FailoverPlan } from './context.ts';
import { planInstance } from './plan-instance.ts';
import { assertReady } from './readiness.ts';

/** Reads what is to be done, refuses now what could only fail later, and fixes it: later attempts decide nothing anew. */
export const validation: StepWork<Failover> = {
  async run({ context, signal }): Promise<FailoverPlan> {
    const { run, deps } = context;
    const { contextId, options } = run.payload;
    const point = await loadFailoverPoint(deps.db, contextId);
    if (point === undefined) throw notFound('context.unknown', `there is no VM context ${contextId}`);
    const config = await configOf(context, point);
    const cloud = await deps.openCloud(config.id);
    await assertReady(context, { cloud, zoneId: config.zone, signal });
    const name = instanceName(point.vmName, options.naming, { unixSeconds: Math.floor(Date.now() / SECOND) });
    await refuseTakenName(cloud, { name, zoneId: config.zone }, signal);
    return {
      vmName: point.vmName,
      source: sourceOf(point),
      configId: config.id,
      zoneId: config.zone,
      volumes: inUnitOrder(point.disks).map(({ diskId, volumeId, vmId }) => ({
        diskId,
        volumeId,
        omaVmId: vmId !== null && cloud.isOma(vmId) ? vmId : null,
      })),
      instance: await planInstance({ cloud, config, point, options, name, signal }),
    };
  },
};

async function configOf({ deps }: Failover, { osseaConfigId }: FailoverPoint): Promise<ActiveOsseaConfig> {
  if (osseaConfigId === null) return activeOsseaConfig(deps.db, deps.box);
  return osseaConfigById(deps.db, deps.box, osseaConfigId);
}

/** Before anything is made: from now on a VM of this name, and made as this one is, is ours. */
async function refuseTakenName(
  { client }: Cloud,
  wanted: { readonly name: string; readonly zoneId: string },
  signal: AbortSignal,
): Promise<void> {
  const found = await listInstances(client, wanted, { signal });
  const taken = found.find(({ state }) => state !== 'Expunging' && state !== 'Destroyed' && state !== 'Error');
  if (taken === undefined) return;
  throw precondition('failover.name-taken', `there is a VM named ${wanted.name} in CloudStack already`, {
    hint: 'rename it or destroy it: a failover never touches a VM that it has not made',
    details: { vmId: taken.id, name: wanted.name, state: taken.state },
  });
}
