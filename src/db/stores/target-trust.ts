import type { Knex } from 'knex';

/** Somebody else may write to this volume: no changeId says anything of it any more, until it was copied in full. */
export async function distrustVolume(trx: Knex.Transaction, volumeId: string, reason: string): Promise<void> {
  await trx('vm_disks')
    .whereIn('ossea_volume_id', trx('ossea_volumes').where('volume_id', volumeId).select('id'))
    .update({ target_generation: trx.raw('target_generation + 1'), last_full_reason: reason });
}
