import type { Knex } from 'knex';

/**
 * What the last fully verified cycle of a disk read from its source: one hash over the manifest's records per GiB that it
 * touched. Proves later that a manifest file is the one of that cycle, whole.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists disk_hash_roots (
      vm_disk_id int not null,
      gib_index int not null,
      job_id varchar(64) collate utf8mb4_bin not null,
      root varchar(16) collate utf8mb4_bin not null,
      data_bytes bigint not null,
      zero_bytes bigint not null,
      created_at datetime(3) not null default current_timestamp(3),
      primary key (vm_disk_id, gib_index),
      key idx_job_id (job_id),
      constraint fk_disk_hash_roots_disk foreign key (vm_disk_id) references vm_disks (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists disk_hash_roots');
}
