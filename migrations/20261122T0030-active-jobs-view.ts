import type { Knex } from 'knex';

/** Jobs that are not over, how long they have run and how many errors they logged. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace sql security invoker view active_jobs as
    select j.id, j.parent_job_id, j.job_type, j.job_category, j.operation, j.status, j.queue, j.dispatch_state,
      j.attempt, j.max_attempts, j.owner, j.lease_owner, j.lease_expires_at, j.context_id, j.cloudstack_job_id,
      j.external_job_id, j.percent_complete, j.created_at, j.started_at, j.updated_at,
      timestampdiff(second, j.started_at, utc_timestamp()) as seconds_running,
      (select count(*) from log_events e where e.job_id = j.id and e.level = 'ERROR')
        + (select count(*) from job_execution_log l where l.job_id = j.id and l.log_level = 'ERROR') as error_count
    from job_tracking j
    where j.status in ('pending', 'running')
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop view if exists active_jobs');
}
