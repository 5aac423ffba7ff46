import type { Knex } from 'knex';

const COLUMNS = ['bandwidth_limit_bytes_per_s', 'bandwidth_in_force_bytes_per_s'];

/** How fast copies may be: in general (a row per kind of limit), and one replication; and what held it last. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists bandwidth_limits (
      scope enum('worker', 'job', 'disk') not null primary key,
      bytes_per_s bigint not null,
      changed_by varchar(255) not null,
      updated_at datetime(3) not null default current_timestamp(3) on update current_timestamp(3)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
  for (const column of COLUMNS) {
    if (await knex.schema.hasColumn('replication_jobs', column)) continue;
    await knex.raw('alter table replication_jobs add column ?? bigint', [column]);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const column of COLUMNS) {
    if (!(await knex.schema.hasColumn('replication_jobs', column))) continue;
    await knex.raw('alter table replication_jobs drop column ??', [column]);
  }
  await knex.raw('drop table if exists bandwidth_limits');
}
