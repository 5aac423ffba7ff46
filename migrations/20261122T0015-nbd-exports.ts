import type { Knex } from 'knex';

/** Exports of target volumes; volume_id is device_mappings.volume_uuid. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists nbd_exports (
      id varchar(191) collate utf8mb4_bin not null primary key,
      job_id varchar(191) collate utf8mb4_bin,
      vm_context_id varchar(64) collate utf8mb4_bin,
      volume_id varchar(191) collate utf8mb4_bin not null,
      export_name varchar(191) not null,
      device_path varchar(191) not null,
      port int not null default 10809,
      status varchar(191) not null,
      config_path varchar(191),
      metadata text,
      vm_disk_id int,
      device_mapping_uuid varchar(191) collate utf8mb4_bin,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_nbd_exports_export_name (export_name),
      key idx_job_id (job_id),
      key idx_vm_context_id (vm_context_id),
      key idx_volume_id (volume_id),
      key idx_status (status),
      constraint fk_nbd_exports_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_nbd_exports_job foreign key (job_id) references replication_jobs (id) on delete cascade,
      constraint fk_nbd_exports_disk foreign key (vm_disk_id) references vm_disks (id) on delete cascade,
      constraint fk_nbd_exports_device foreign key (device_mapping_uuid) references device_mappings (volume_uuid) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists nbd_exports');
}
