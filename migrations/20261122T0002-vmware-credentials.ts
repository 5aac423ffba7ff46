import type { Knex } from 'knex';

/** Accounts for vCenter servers; the password is sealed by db/secret-box.ts. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists vmware_credentials (
      id int not null auto_increment primary key,
      credential_name varchar(255) not null,
      vcenter_host varchar(255) not null,
      username varchar(255) not null,
      password_encrypted text not null,
      datacenter varchar(255) not null,
      is_active tinyint(1) not null default 1,
      is_default tinyint(1) not null default 0,
      created_by varchar(255),
      last_used datetime(3),
      usage_count int not null default 0,
      created_at datetime(3) not null default current_timestamp(3),
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3),
      unique key uq_vmware_credentials_name (credential_name),
      key idx_vcenter_host (vcenter_host),
      key idx_is_active (is_active),
      key idx_is_default (is_default)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists vmware_credentials');
}
