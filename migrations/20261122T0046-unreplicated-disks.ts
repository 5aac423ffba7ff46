import type { Knex } from 'knex';

/** Disks that a VM had at its last snapshot and that nobody replicates: ids as JSON, null for none or not known. */
export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('vm_replication_contexts', 'unreplicated_disks')) return;
  await knex.raw('alter table vm_replication_contexts add column unreplicated_disks json');
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('vm_replication_contexts', 'unreplicated_disks'))) return;
  await knex.raw('alter table vm_replication_contexts drop column unreplicated_disks');
}
