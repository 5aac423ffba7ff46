import { randomUUID } from 'node:crypto';
import { createVolume } from '../../src/cloudstack/volume-creation.ts';
import type { CloudStand } from './cloud-stand.ts';
import { makeContext, makeDisk, makeMapping, makeOmaVm, makeReplicationJob, makeVolume } from './factories.ts';

/** An OMA VM whose volume daemon was last heard of an hour ago, and the volumes that our rows have there. */
export class GoneOmaVm {
  readonly vmId = randomUUID();
  readonly #stand: Pick<CloudStand, 'api' | 'cloud'>;

  private constructor(stand: Pick<CloudStand, 'api' | 'cloud'>) {
    this.#stand = stand;
  }

  static async make(stand: Pick<CloudStand, 'api' | 'cloud'>): Promise<GoneOmaVm> {
    const gone = new GoneOmaVm(stand);
    const { db } = stand.api;
    await makeOmaVm(db, { vm_id: gone.vmId, name: 'oma-2', last_seen_at: db.raw('now(6) - interval 1 hour') });
    return gone;
  }

  /** One that our rows have there, with its disk; in the cloud it is at `vmId`, or is not at all. */
  async volume(at: { readonly vmId: string | null } | undefined): Promise<{ volumeId: string; contextId: string }> {
    const { api, cloud } = this.#stand;
    const { zone: zoneId, diskOffering: diskOfferingId } = cloud.simulator.ids;
    const wanted = { name: `migration-${randomUUID()}`, zoneId, diskOfferingId, sizeBytes: 1024 ** 3 };
    const { id: volumeId } = at === undefined ? { id: randomUUID() } : await createVolume(cloud.client, wanted);
    cloud.simulator.edit((world) => {
      const [first] = world.vms;
      // The cloud still has the VM where it has a volume at it.
      const isThere = at?.vmId !== this.vmId || world.vms.some((vm) => vm.id === this.vmId);
      if (first !== undefined && !isThere) world.vms.push({ ...structuredClone(first), id: this.vmId, name: 'oma-2' });
      for (const volume of world.volumes) if (volume.id === volumeId) volume.vmId = at?.vmId ?? null;
    });
    const { context_id: contextId } = await makeContext(api.db);
    const row = await makeVolume(api.db, { volume_id: volumeId, vm_context_id: contextId, vm_id: this.vmId });
    await makeMapping(api.db, { volume_uuid: volumeId, vm_context_id: contextId, vm_id: this.vmId });
    const job = await makeReplicationJob(api.db, contextId, { status: 'completed' });
    await makeDisk(api.db, { contextId, jobId: job.id }, { ossea_volume_id: row.id, committed_generation: 0 });
    return { volumeId, contextId };
  }

  /** What was committed above a volume there, or is being copied above it, by a job that has ended or not. */
  async overlay(volumeId: string, jobId: string, state: 'filling' | 'sealed'): Promise<void> {
    await this.#stand.api.db('volume_overlays').insert({
      volume_id: volumeId,
      overlay_id: randomUUID(),
      job_id: jobId,
      overlay_key: 'key',
      store_id: 'store',
      path: '/overlays/x.qcow2',
      reserved_bytes: 1,
      state,
    });
  }
}
