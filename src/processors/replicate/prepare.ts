import { notFound, precondition } from '../../base/errors.ts';
import { sourceOf } from '../../domain/source.ts';
import { loadCycleVm } from '../../db/stores/cycle-store.ts';
import { listOmaVms } from '../../db/stores/oma-vm-store.ts';
import { activeOsseaConfig, osseaConfigById } from '../../db/stores/ossea-config-store.ts';
import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import type { Prepared } from './outputs.ts';
import { lookAtSource } from './source-disks.ts';

/** Reads what is to be done, and refuses now what could only fail later. */
export const prepare: StepWork<Replication> = {
  async run({ context: { run, deps } }): Promise<Prepared> {
    const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
    if (vm === undefined) throw notFound('context.unknown', `there is no VM context ${run.payload.contextId}`);
    const capacities = await lookAtSource({ run, deps }, vm);
    const disks = vm.disks.map(({ vmDiskId, diskId, capacityBytes }) => {
      return { vmDiskId, diskId, capacityBytes: capacities.get(diskId) ?? capacityBytes };
    });
    refuseUnknown(disks);
    const config =
      vm.osseaConfigId === null
        ? await activeOsseaConfig(deps.db, deps.box)
        : await osseaConfigById(deps.db, deps.box, vm.osseaConfigId);
    if ((await listOmaVms(deps.db)).length === 0) required('oma_vm_id', config.omaVmId);
    await run.fenced((trx) => writeSetupProgress(trx, run.jobId, { percent: 20, operation: 'Preparing' }));
    return {
      source: sourceOf(vm),
      vmName: vm.vmName,
      zoneId: config.zone,
      diskOfferingId: required('disk_offering_id', config.diskOfferingId),
      disks,
    };
  },
};

function refuseUnknown(disks: Prepared['disks']): void {
  const unknown = disks.filter((disk) => disk.capacityBytes <= 0).map((disk) => disk.diskId);
  if (disks.length > 0 && unknown.length === 0) return;
  const which = unknown.join(', ') || 'none known';
  throw precondition('replication.no-disks', `no disk, or a disk of unknown size: ${which}`, {
    hint: 'add the VM to the inventory again, so that its disks are read anew',
  });
}

function required(field: string, value: string | null): string {
  if (value !== null && value !== '') return value;
  throw precondition('ossea-config.incomplete', `the CloudStack configuration has no ${field}`, {
    hint: `set ${field} in the active CloudStack configuration`,
  });
}
