import type { Knex } from 'knex';

/** CloudStack volumes of ours. exported_at null means that nothing can have written to it yet. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists ossea_volumes (
      id int not null auto_increment primary key,
      volume_id varchar(191) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin,
      name varchar(191) not null,
      size_gb int not null,
      size_bytes bigint,
      disk_offering_id varchar(191),
      state varchar(191) not null default 'creating',
      device_path varchar(191),
      vm_id varchar(191),
      zone_id varchar(191),
      ossea_config_id int,
      volume_type varchar(50),
      mount_point varchar(191),
      snapshot_id varchar(191),
      snapshot_created_at datetime(3),
      snapshot_status varchar(50) not null default 'none',
      pool_starts_zero tinyint(1) not null default 0,
      exported_at datetime(6),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_ossea_volumes_volume_id (volume_id),
      key idx_vm_context_id (vm_context_id),
      key idx_name (name),
      key idx_state (state),
      key idx_vm_id (vm_id),
      constraint fk_ossea_volumes_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade,
      constraint fk_ossea_volumes_config foreign key (ossea_config_id) references ossea_configs (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists ossea_volumes');
}
