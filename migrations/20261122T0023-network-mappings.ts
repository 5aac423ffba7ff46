import type { Knex } from 'knex';

/** Which network of the source becomes which one of CloudStack. vm_id holds the name of the VM. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists network_mappings (
      id bigint not null auto_increment primary key,
      vm_id varchar(255) collate utf8mb4_bin not null,
      vm_context_id varchar(64) collate utf8mb4_bin,
      vmware_vm_id varchar(255) collate utf8mb4_bin,
      source_network_name varchar(191) not null,
      destination_network_id varchar(191) not null,
      destination_network_name varchar(191) not null,
      is_test_network tinyint(1) not null default 0,
      mapping_type enum('live', 'test', 'both') not null default 'live',
      network_strategy varchar(50),
      validation_status enum('pending', 'valid', 'invalid') not null default 'pending',
      last_validated datetime(3),
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_network_mappings_vm (vm_id, source_network_name, is_test_network),
      unique key uq_network_mappings_context (vm_context_id, source_network_name, is_test_network),
      key idx_vmware_vm_id (vmware_vm_id),
      constraint fk_network_mappings_context foreign key (vm_context_id) references vm_replication_contexts (context_id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists network_mappings');
}
