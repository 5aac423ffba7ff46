import type { Knex } from 'knex';

/** What each job did to each disk: the chain of change ids. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists cbt_history (
      id int not null auto_increment primary key,
      job_id varchar(191) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin,
      disk_id varchar(191) collate utf8mb4_bin not null,
      change_id varchar(191) collate utf8mb4_bin,
      previous_change_id varchar(191) collate utf8mb4_bin,
      sync_type varchar(191) not null,
      sync_success tinyint(1) not null default 0,
      blocks_changed bigint not null default 0,
      bytes_transferred bigint not null default 0,
      sync_duration_seconds int not null default 0,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      key idx_job_id (job_id),
      key idx_disk_created (vm_context_id, disk_id, created_at),
      constraint fk_cbt_history_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_cbt_history_job foreign key (job_id) references replication_jobs (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists cbt_history');
}
