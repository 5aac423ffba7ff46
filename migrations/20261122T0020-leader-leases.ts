import type { Knex } from 'knex';

/** Who of several processes does the housekeeping; the epoch grows with every change of the leader. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists leader_leases (
      name varchar(64) collate utf8mb4_bin not null primary key,
      owner varchar(191) collate utf8mb4_bin not null,
      epoch bigint unsigned not null default 0,
      expires_at datetime(6) not null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists leader_leases');
}
