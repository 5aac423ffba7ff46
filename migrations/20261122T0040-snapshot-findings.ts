import type { Knex } from 'knex';

/** What the last sweep found at each vCenter: a row per credential, replaced by the next sweep. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists snapshot_findings (
      credential_id int not null primary key,
      tried_at datetime(3) not null,
      error_code varchar(191),
      error_text text,
      checked_at datetime(3),
      findings longtext,
      constraint fk_snapshot_findings_credential foreign key (credential_id) references vmware_credentials (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists snapshot_findings');
}
