import type { Knex } from 'knex';

/**
 * What a commit remembers besides the changeIds, so that the next cycle can tell whether they still mean anything: which
 * VM and which disks they were told of, how large these were, and from which snapshot.
 */
const COLUMNS = [
  ['vm_replication_contexts', 'commit_job_id', 'varchar(191) collate utf8mb4_bin'],
  ['vm_replication_contexts', 'commit_vcenter_uuid', 'varchar(191) collate utf8mb4_bin'],
  ['vm_replication_contexts', 'commit_instance_uuid', 'varchar(191) collate utf8mb4_bin'],
  ['vm_replication_contexts', 'commit_snapshot_ref', 'varchar(191) collate utf8mb4_bin'],
  ['vm_replication_contexts', 'commit_other_snapshots', 'json'],
  ['vm_replication_contexts', 'commit_snapshot_at', 'datetime(6)'],
  ['vm_replication_contexts', 'committed_at', 'datetime(6)'],
  ['vm_disks', 'commit_job_id', 'varchar(191) collate utf8mb4_bin'],
  ['vm_disks', 'commit_device_key', 'int'],
  ['vm_disks', 'commit_backing_uuid', 'varchar(191) collate utf8mb4_bin'],
  ['vm_disks', 'commit_object_id', 'varchar(191) collate utf8mb4_bin'],
  ['vm_disks', 'commit_file_name', 'varchar(1000) collate utf8mb4_bin'],
  ['vm_disks', 'commit_capacity_bytes', 'bigint'],
  ['vm_disks', 'verified_at', 'datetime(6)'],
  ['vm_disks', 'verify_reason', 'varchar(255)'],
  ['cbt_history', 'reason', 'varchar(255)'],
] as const;

export async function up(knex: Knex): Promise<void> {
  for (const [table, column, type] of COLUMNS) {
    if (await knex.schema.hasColumn(table, column)) continue;
    await knex.raw(`alter table ?? add column ?? ${type}`, [table, column]);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const [table, column] of COLUMNS) {
    if (!(await knex.schema.hasColumn(table, column))) continue;
    await knex.raw('alter table ?? drop column ??', [table, column]);
  }
}
