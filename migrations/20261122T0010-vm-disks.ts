import type { Knex } from 'knex';

/** One stable row per disk of a VM; job_id points to the newest job. disk_change_id holds only while target_generation is committed_generation. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vm_disks (
      id int not null auto_increment primary key,
      job_id varchar(191) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin,
      disk_id varchar(191) collate utf8mb4_bin not null,
      vmdk_path varchar(500) collate utf8mb4_bin not null,
      size_gb int not null,
      datastore varchar(191),
      unit_number int,
      label varchar(191),
      capacity_bytes bigint,
      provisioning_type varchar(191),
      ossea_volume_id int,
      disk_change_id varchar(191) collate utf8mb4_bin,
      sync_status varchar(191) not null default 'pending',
      sync_progress_percent decimal(5,2) not null default 0.0,
      bytes_synced bigint not null default 0,
      dirty_since datetime(6),
      target_generation int not null default 0,
      committed_generation int,
      last_full_reason varchar(255),
      last_sync_mode varchar(16),
      cpu_count int,
      memory_mb int,
      os_type varchar(255),
      vm_tools_version varchar(255),
      network_config json,
      display_name varchar(255),
      annotation text,
      power_state varchar(50),
      vmware_uuid varchar(191),
      bios_setup json,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_vm_disks_context_disk (vm_context_id, disk_id),
      key idx_job_id (job_id),
      key idx_ossea_volume_id (ossea_volume_id),
      constraint fk_vm_disks_job foreign key (job_id) references replication_jobs (id) on delete cascade,
      constraint fk_vm_disks_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_vm_disks_volume foreign key (ossea_volume_id) references ossea_volumes (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vm_disks');
}
