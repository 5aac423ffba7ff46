import type { Knex } from 'knex';
import { busy } from '../base/errors.ts';
import { findMapping } from '../db/stores/device-mapping-store.ts';
import { listOmaVms } from '../db/stores/oma-vm-store.ts';
import type { Elsewhere } from '../queues/catalogue.ts';
import type { VolumeAction } from '../queues/jobs/attach-volume.ts';
import { isUnknownOmaVm, type OwnVmId } from './own-oma-vm.ts';

/**
 * Which volume daemon an action belongs to: the one of the OMA VM that has the volume, because only that one can end
 * its export; else the one of the OMA VM that gets it, because only that one sees the device. Any daemon may do the rest.
 * @returns who must do it when that is not the daemon of `ownVmId`, or it does not know its VM
 */
export async function elsewhere(db: Knex, action: VolumeAction, ownVmId: OwnVmId): Promise<Elsewhere | undefined> {
  const vmId = await homeOf(db, action);
  if (vmId === undefined || (await isHere(vmId, ownVmId))) return undefined;
  const vm = (await listOmaVms(db)).find((each) => each.vmId === vmId);
  if (vm === undefined) return undefined;
  const since = vm.isAway ? `, which was last heard of at ${vm.lastSeenAt.toISOString()}` : '';
  const error = busy('volume.other-daemon', `waits for the volume daemon of ${vm.name}${since}`, {
    details: { vmId, name: vm.name, lastSeenAt: vm.lastSeenAt.toISOString() },
    hint: 'only the volume daemon of that VM can do this: start it there, or cancel the job',
  });
  return { error, isAway: vm.isAway };
}

async function isHere(vmId: string, ownVmId: OwnVmId): Promise<boolean> {
  try {
    return ((await ownVmId()) ?? vmId) === vmId;
  } catch (error) {
    if (isUnknownOmaVm(error)) return false;
    throw error;
  }
}

async function homeOf(db: Knex, action: VolumeAction): Promise<string | undefined> {
  if (action.action === 'create') return undefined;
  if (action.action === 'cleanup') return action.omaVmId;
  const volumeId = action.action === 'convert' ? (action.volumeIds[0] ?? '') : action.volumeId;
  const mapping = await findMapping(db, volumeId);
  if (mapping?.mode === 'oma') return mapping.vmId;
  // Given to a failover, and still here: its device is, too.
  if (mapping !== undefined && (await listOmaVms(db)).some(({ vmId }) => vmId === mapping.vmId)) return mapping.vmId;
  return action.action === 'attach' ? action.vmId : undefined;
}
