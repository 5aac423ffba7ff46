import type { Knex } from 'knex';

/** The steps of a workflow, in the order in which they were first begun. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists job_steps (
      id bigint not null auto_increment primary key,
      job_id varchar(64) collate utf8mb4_bin not null,
      name varchar(200) collate utf8mb4_bin not null,
      seq int not null,
      status enum('running', 'completed', 'failed', 'skipped') not null default 'running',
      started_at datetime(6) not null default current_timestamp(6),
      completed_at datetime(6),
      error_message longtext,
      metadata json,
      output json,
      runs int not null default 1,
      undone_at datetime(6),
      unique key uq_job_steps_seq (job_id, seq),
      unique key uq_job_steps_name (job_id, name),
      key idx_status (status),
      constraint fk_job_steps_job foreign key (job_id) references job_tracking (id) on delete cascade
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists job_steps');
}
