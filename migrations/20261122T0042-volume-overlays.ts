import type { Knex } from 'knex';

/**
 * What lies above a volume while a cycle lands beside it: one qcow2 file, in the folder that store_id names. The row is
 * there before the file and goes before it. cbt_history says of each cycle where it landed, and why not in an overlay.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists volume_overlays (
      volume_id varchar(191) collate utf8mb4_bin not null primary key,
      overlay_id varchar(64) collate utf8mb4_bin not null,
      job_id varchar(64) collate utf8mb4_bin not null,
      overlay_key varchar(500) collate utf8mb4_bin not null,
      store_id varchar(64) collate utf8mb4_bin not null,
      path varchar(1024) not null,
      reserved_bytes bigint not null,
      state enum('filling','sealed','merging') not null default 'filling',
      created_at datetime(6) not null default current_timestamp(6),
      sealed_at datetime(6),
      unique key uq_volume_overlays_overlay (overlay_id),
      key idx_job_id (job_id),
      key idx_store_id (store_id)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await addColumn(knex, 'landed_in', "enum('volume','overlay')");
  await addColumn(knex, 'in_place_reason', 'varchar(255)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists volume_overlays');
  for (const name of ['in_place_reason', 'landed_in']) {
    if (await knex.schema.hasColumn('cbt_history', name)) {
      await knex.raw(`alter table cbt_history drop column ${name}`);
    }
  }
}

/** A migration that died half way is run again. */
async function addColumn(knex: Knex, name: string, type: string): Promise<void> {
  if (await knex.schema.hasColumn('cbt_history', name)) return;
  await knex.raw(`alter table cbt_history add column ${name} ${type}`);
}
