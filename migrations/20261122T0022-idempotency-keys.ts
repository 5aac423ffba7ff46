import type { Knex } from 'knex';

/** Answers to requests that carried an Idempotency-Key. No answer yet: the request is being worked off. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists idempotency_keys (
      actor varchar(191) collate utf8mb4_bin not null,
      idempotency_key varchar(191) collate utf8mb4_bin not null,
      request_hash char(64) collate utf8mb4_bin not null,
      status_code int,
      response json,
      created_at datetime(3) not null default current_timestamp(3),
      primary key (actor, idempotency_key),
      key idx_created_at (created_at)
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists idempotency_keys');
}
