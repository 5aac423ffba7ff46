import type { Knex } from 'knex';

/**
 * Where our books and CloudStack disagree about volumes: a row per volume and kind, kept from look to look, so that what
 * is seen only once is told apart from what stays. And why a device of ours is not used.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists volume_findings (
      volume_id varchar(191) collate utf8mb4_bin not null,
      kind varchar(64) collate utf8mb4_bin not null,
      ossea_config_id int,
      vm_context_id varchar(64) collate utf8mb4_bin,
      name varchar(255) not null,
      text varchar(1000) not null,
      details longtext not null,
      looks int not null default 1,
      first_seen_at datetime(3) not null,
      last_seen_at datetime(3) not null,
      primary key (volume_id, kind),
      key idx_volume_findings_kind (kind),
      constraint fk_volume_findings_config foreign key (ossea_config_id) references ossea_configs (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await knex.raw(`
    create table if not exists volume_looks (
      ossea_config_id int not null primary key,
      tried_at datetime(3) not null,
      error_code varchar(191),
      error_text text,
      looked_at datetime(3),
      volumes int,
      constraint fk_volume_looks_config foreign key (ossea_config_id) references ossea_configs (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  await knex.raw(`alter table device_mappings add column if not exists linux_reason varchar(500) after linux_state`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table device_mappings drop column if exists linux_reason');
  await knex.raw('drop table if exists volume_looks');
  await knex.raw('drop table if exists volume_findings');
}
