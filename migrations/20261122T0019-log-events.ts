import type { Knex } from 'knex';

/** Log records; they outlive their job. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table if not exists log_events (
      id bigint not null auto_increment primary key,
      job_id varchar(64) collate utf8mb4_bin,
      step_id bigint,
      level enum('DEBUG', 'INFO', 'WARN', 'ERROR') not null,
      message text not null,
      attrs json,
      ts datetime(6) not null default current_timestamp(6),
      external_job_id varchar(255),
      key idx_job_level (job_id, level),
      key idx_step_id (step_id),
      key idx_level_ts (level, ts),
      key idx_ts (ts),
      key idx_external_job_id (external_job_id),
      constraint fk_log_events_job foreign key (job_id) references job_tracking (id) on delete set null,
      constraint fk_log_events_step foreign key (step_id) references job_steps (id) on delete set null
    ) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table if exists log_events');
}
