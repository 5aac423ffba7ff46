import type { Knex } from 'knex';
import { findMapping } from '../db/stores/device-mapping-store.ts';
import { listOmaVms } from '../db/stores/oma-vm-store.ts';
import { createVolumeDaemonClient, type VolumeDaemonAddress, type VolumeDaemonClient } from './client.ts';

/**
 * The volume daemons of all OMA VMs, as one: each call goes to the daemon of the VM that has the volume at that moment.
 * With a single OMA VM, and for a volume that is attached to none, that is the one of the settings: a worker elsewhere
 * may reach it under another address than the one it knows of itself.
 */
export function volumeDaemons(db: Knex, settings: VolumeDaemonAddress): VolumeDaemonClient {
  const holding = async (volumeId: string): Promise<VolumeDaemonClient> => {
    const vms = await listOmaVms(db);
    const mapping = vms.length < 2 ? undefined : await findMapping(db, volumeId);
    const vm = vms.find(({ vmId }) => mapping?.mode === 'oma' && vmId === mapping.vmId);
    return createVolumeDaemonClient({ ...settings, url: vm?.volumeDaemonUrl ?? settings.url });
  };
  return {
    openExport: async (call) => (await holding(call.volumeId)).openExport(call),
    mergeOverlay: async (call) => (await holding(call.volumeId)).mergeOverlay(call),
    closeExport: async (call) => (await holding(call.volumeId)).closeExport(call),
    async *hashes(call) {
      yield* (await holding(call.volumeId)).hashes(call);
    },
    getDevice: async (volumeId, signal) => (await holding(volumeId)).getDevice(volumeId, signal),
  };
}
