import type { Knex } from 'knex';

/** One replication of one VM; id is that of its row in job_tracking. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists replication_jobs (
      id varchar(191) collate utf8mb4_bin not null primary key,
      vm_context_id varchar(64) collate utf8mb4_bin,
      source_vm_id varchar(191) collate utf8mb4_bin not null,
      source_vm_name varchar(255) collate utf8mb4_bin not null,
      source_vm_path varchar(500) collate utf8mb4_bin not null,
      vcenter_host varchar(255) not null,
      datacenter varchar(255) not null,
      replication_type varchar(191) not null,
      target_network varchar(191),
      status varchar(191) not null default 'pending',
      progress_percent decimal(5,2) not null default 0.0,
      current_operation varchar(191),
      bytes_transferred bigint not null default 0,
      total_bytes bigint not null default 0,
      transfer_speed_bps bigint not null default 0,
      error_message text,
      error_code varchar(100),
      error_hint text,
      change_id varchar(191),
      previous_change_id varchar(191),
      snapshot_id varchar(191),
      nbd_port int,
      nbd_export_name varchar(191),
      target_device varchar(191),
      ossea_config_id int,
      vma_sync_type varchar(191),
      vma_current_phase varchar(191),
      vma_eta_seconds int not null default 0,
      vma_progress_percent decimal(5,2) not null default 0.0,
      vma_bytes_transferred bigint not null default 0,
      vma_total_bytes bigint not null default 0,
      vma_transfer_speed_bps bigint not null default 0,
      vma_throughput_mbps decimal(10,2) not null default 0.0,
      vma_last_poll_at datetime(3),
      vma_error_classification varchar(50),
      vma_error_details text,
      setup_progress_percent decimal(5,2) not null default 0.0,
      schedule_execution_id varchar(64) collate utf8mb4_bin,
      scheduled_by varchar(255),
      vm_group_id varchar(64) collate utf8mb4_bin,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      started_at datetime(3),
      completed_at datetime(3),
      key idx_vm_context_created (vm_context_id, created_at),
      key idx_created_at (created_at, id),
      key idx_source_vm_id (source_vm_id),
      key idx_source_vm_name (source_vm_name),
      key idx_status_updated (status, updated_at),
      key idx_status_completed (status, completed_at),
      key idx_status_export (status, nbd_export_name),
      constraint fk_replication_jobs_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_replication_jobs_config foreign key (ossea_config_id) references ossea_configs (id) on delete set null,
      constraint fk_replication_jobs_execution foreign key (schedule_execution_id) references schedule_executions (id) on delete set null,
      constraint fk_replication_jobs_group foreign key (vm_group_id) references vm_machine_groups (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists replication_jobs');
}
