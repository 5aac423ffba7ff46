import type { Knex } from 'knex';

/** CloudStack installations; both keys are sealed by db/secret-box.ts. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists ossea_configs (
      id int not null auto_increment primary key,
      name varchar(191) not null,
      api_url varchar(500) not null,
      api_key text not null,
      secret_key text not null,
      zone varchar(191) not null,
      domain varchar(191),
      template_id varchar(191),
      network_id varchar(191),
      service_offering_id varchar(191),
      disk_offering_id varchar(191),
      oma_vm_id varchar(191),
      is_active tinyint(1) not null default 1,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_ossea_configs_name (name),
      key idx_is_active (is_active)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists ossea_configs');
}
