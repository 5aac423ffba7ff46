import type { Knex } from 'knex';

/** How far the copy of a disk is flushed. checkpoint_key names source, snapshot, changeId and target generation. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists disk_checkpoints (
      vm_disk_id int not null primary key,
      job_id varchar(64) collate utf8mb4_bin not null,
      epoch bigint unsigned not null,
      checkpoint_key varchar(500) collate utf8mb4_bin not null,
      done json not null,
      done_bytes bigint not null default 0,
      updated_at datetime(6) not null default current_timestamp(6) on update current_timestamp(6),
      key idx_job_id (job_id),
      constraint fk_disk_checkpoints_disk foreign key (vm_disk_id) references vm_disks (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists disk_checkpoints');
}
