import type { Knex } from 'knex';

/** Notes which disks the VM has at its snapshot besides those that are replicated; an empty list takes an older note back. */
export async function noteUnreplicatedDisks(
  trx: Knex.Transaction,
  contextId: string,
  diskIds: readonly string[],
): Promise<void> {
  await trx('vm_replication_contexts')
    .where({ context_id: contextId })
    .update({ unreplicated_disks: diskIds.length === 0 ? null : JSON.stringify(diskIds) });
}
