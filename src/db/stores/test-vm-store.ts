import type { Knex } from 'knex';

/** What our rows know of VMs of the cloud that volumes of ours were given to. */

/** Whether a test failover made this VM, or a volume of ours is mapped to it. */
export async function isTestVm(db: Knex, vmId: string): Promise<boolean> {
  const mapped = db('device_mappings').where({ vm_id: vmId, operation_mode: 'failover' });
  if ((await mapped.limit(1).pluck<string[]>('id')).length > 0) return true;
  const made = db('failover_jobs').where({ destination_vm_id: vmId, job_type: 'test' });
  return (await made.limit(1).pluck<number[]>('id')).length > 0;
}

/** Which of these volumes are ours. */
export async function oursAmong(db: Knex, volumeIds: readonly string[]): Promise<string[]> {
  return db('ossea_volumes')
    .whereIn('volume_id', [...volumeIds])
    .orderBy('name')
    .pluck<string[]>('volume_id');
}
