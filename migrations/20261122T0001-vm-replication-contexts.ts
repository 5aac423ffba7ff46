import type { Knex } from 'knex';

/** The master row of one protected VM. Foreign keys to jobs, credentials and configurations follow those tables. */
export async function up(knex: Knex): Promise<void> {
  // Ids, names and paths are compared byte by byte: two VMs may differ in case or accent only. Not ascii_bin for ids:
  // MariaDB refuses to compare such a column with a text that has other letters, instead of finding nothing.
  await knex.raw(`
    create table if not exists vm_replication_contexts (
      context_id varchar(64) collate utf8mb4_bin not null default (uuid()) primary key,
      vm_name varchar(255) collate utf8mb4_bin not null,
      vmware_vm_id varchar(255) collate utf8mb4_bin not null,
      vm_path varchar(500) collate utf8mb4_bin not null,
      vcenter_host varchar(255) not null,
      datacenter varchar(255) not null,
      current_status enum('discovered', 'replicating', 'ready_for_failover', 'failed_over_test', 'failed_over_live',
        'completed', 'failed', 'cleanup_required') not null default 'discovered',
      current_job_id varchar(191) collate utf8mb4_bin,
      total_jobs_run int not null default 0,
      successful_jobs int not null default 0,
      failed_jobs int not null default 0,
      last_successful_job_id varchar(191) collate utf8mb4_bin,
      cpu_count int,
      memory_mb int,
      os_type varchar(255),
      power_state varchar(50),
      vm_tools_version varchar(255),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      first_job_at datetime(3),
      last_job_at datetime(3),
      last_status_change datetime(3) not null default current_timestamp(3),
      instance_uuid varchar(191) collate utf8mb4_bin,
      vcenter_instance_uuid varchar(191) collate utf8mb4_bin,
      source_inventory json,
      auto_added tinyint(1) not null default 0,
      scheduler_enabled tinyint(1) not null default 1,
      last_scheduled_job_id varchar(255) collate utf8mb4_bin,
      next_scheduled_at datetime(3),
      credential_id int,
      ossea_config_id int,
      last_operation_summary json,
      unique key uq_vm_replication_contexts_vmware_vm (vmware_vm_id, vcenter_host),
      unique key uq_vm_replication_contexts_name (vm_name, vcenter_host),
      key idx_vm_name (vm_name),
      key idx_vmware_vm_id (vmware_vm_id),
      key idx_vcenter_host (vcenter_host),
      key idx_current_status (current_status),
      key idx_current_job_id (current_job_id),
      key idx_last_successful_job_id (last_successful_job_id),
      key idx_auto_added (auto_added),
      key idx_scheduler_enabled (scheduler_enabled),
      key idx_next_scheduled_at (next_scheduled_at),
      key idx_created_at (created_at, context_id)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vm_replication_contexts');
}
