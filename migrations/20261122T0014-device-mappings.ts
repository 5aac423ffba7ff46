import type { Knex } from 'knex';

/** Which attached volume is which Linux device. A path is not unique: letters are re-used. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists device_mappings (
      id varchar(191) collate utf8mb4_bin not null primary key,
      vm_context_id varchar(64) collate utf8mb4_bin,
      volume_uuid varchar(191) collate utf8mb4_bin not null,
      volume_id_numeric bigint,
      vm_id varchar(191) not null,
      operation_mode varchar(191) not null,
      cloudstack_device_id int,
      requires_device_correlation tinyint(1),
      device_path varchar(191) not null,
      cloudstack_state varchar(191) not null,
      linux_state varchar(191) not null,
      size bigint not null,
      last_sync datetime(3) not null,
      ossea_snapshot_id varchar(191),
      snapshot_created_at datetime(3),
      snapshot_status varchar(50) not null default 'none',
      persistent_device_name varchar(191),
      symlink_path varchar(191),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_device_mappings_volume_uuid (volume_uuid),
      key idx_vm_context_id (vm_context_id),
      key idx_vm_id (vm_id),
      key idx_device_path (device_path),
      constraint fk_device_mappings_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists device_mappings');
}
