import type { Knex } from 'knex';

/** What a person reads about a job, in its phases. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists job_execution_log (
      id bigint not null auto_increment primary key,
      job_id varchar(64) collate utf8mb4_bin not null,
      log_level varchar(20) not null default 'INFO',
      message text not null,
      details json,
      operation_phase varchar(100),
      created_at datetime(3) not null default current_timestamp(3),
      key idx_job_created (job_id, created_at),
      key idx_log_level (log_level),
      constraint fk_job_execution_log_job foreign key (job_id) references job_tracking (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists job_execution_log');
}
