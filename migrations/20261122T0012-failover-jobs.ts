import type { Knex } from 'knex';

/** One failover of one VM; job_id is that of its row in job_tracking. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists failover_jobs (
      id int not null auto_increment primary key,
      job_id varchar(191) collate utf8mb4_bin not null,
      vm_id varchar(191) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin,
      replication_job_id varchar(191) collate utf8mb4_bin,
      job_type varchar(191) not null,
      status varchar(191) not null default 'pending',
      source_vm_name varchar(255) collate utf8mb4_bin not null,
      source_vm_spec text,
      destination_vm_id varchar(191),
      ossea_snapshot_id varchar(191),
      linstor_snapshot_name varchar(191),
      linstor_config_id int,
      network_mappings text,
      error_message text,
      progress_percent decimal(5,2) not null default 0.0,
      current_step varchar(191),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      started_at datetime(3),
      completed_at datetime(3),
      unique key uq_failover_jobs_job_id (job_id),
      key idx_vm_id (vm_id),
      key idx_replication_job_id (replication_job_id),
      key idx_vm_context_created (vm_context_id, created_at),
      key idx_status (status),
      constraint fk_failover_jobs_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_failover_jobs_replication_job foreign key (replication_job_id) references replication_jobs (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists failover_jobs');
}
