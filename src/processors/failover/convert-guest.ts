import { findMapping } from '../../db/stores/device-mapping-store.ts';
import { loadFailoverPoint } from '../../db/stores/failover-point-store.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import { Conversion } from '../../domain/failover/conversion.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { ensureSlots } from '../replicate/slots.ts';
import { volumeChildren } from '../volume-children.ts';
import { FailoverPlan, volumeIds, type Failover } from './context.ts';

/**
 * Makes the guest fit for KVM, on the host that sees its volumes, and finds out which of them it boots from. What it
 * changed is taken back with the snapshots: the disks are distrusted from its first write on.
 */
export const convertGuest: StepWork<Failover> = {
  async run(scope) {
    const { run } = scope.context;
    const conversion = run.payload.options.skipVirtio ? NOT_ASKED : await converted(scope);
    await run.fenced((trx) => noteFailover(trx, run.jobId, { conversion }));
    scope.log.info({ outcome: conversion.outcome, reason: conversion.reason }, 'conversion of the guest');
    return conversion;
  },
};

const NOT_ASKED: Conversion = {
  outcome: 'skipped',
  reason: 'skip_virtio: the guest is started as it was copied',
  osInfo: null,
  rootVolumeId: null,
};

async function converted(scope: StepScope<Failover>): Promise<Conversion> {
  const { context, outputs } = scope;
  const { run, deps } = context;
  const plan = outputs.get('validation', FailoverPlan);
  await attachAll(scope, plan);
  const point = await loadFailoverPoint(deps.db, run.payload.contextId);
  const told = SourceVm.safeParse(point?.inventory).data;
  const action = {
    action: 'convert',
    volumeIds: volumeIds(plan),
    osHint: told?.os_type ?? null,
    firmware: plan.instance.boot.type === 'UEFI' ? 'uefi' : 'bios',
  } as const;
  const [result] = await volumeChildren(run, [{ key: 'convert the guest', action }]);
  return Conversion.parse(result?.conversion);
}

/** A volume that was idle may have lost its place at the appliance to another one. */
async function attachAll({ context, outputs }: StepScope<Failover>, plan: FailoverPlan): Promise<void> {
  const { zoneId, volumes } = outputs.get('validation', FailoverPlan);
  const away: FailoverPlan['volumes'] = [];
  for (const volume of volumes) {
    const mapping = await findMapping(context.deps.db, volume.volumeId);
    if (mapping?.cloudstackState !== 'attached') away.push(volume);
  }
  if (away.length === 0) return;
  const asked = volumeIds(plan).map((volumeId) => ({ volumeId }));
  const { vm } = await ensureSlots(context, { zoneId, volumes: asked });
  await volumeChildren(
    context.run,
    away.map(({ diskId, volumeId }) => ({
      key: `attach ${diskId} for its conversion`,
      action: { action: 'attach', volumeId, vmId: vm.vmId },
    })),
  );
}
