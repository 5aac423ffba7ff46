import type { Knex } from 'knex';

/** Every run of a schedule with its names and its outcome in numbers. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace sql security invoker view schedule_execution_summary as
    select e.id, e.schedule_id, s.name as schedule_name, e.group_id, g.name as group_name, e.status, e.triggered_by,
      e.scheduled_at, e.started_at, e.completed_at, e.vms_eligible, e.jobs_created, e.jobs_completed, e.jobs_failed,
      e.jobs_skipped, e.error_message,
      round(100 * e.jobs_completed / nullif(e.jobs_created, 0), 2) as success_rate_percent,
      coalesce(e.execution_duration_seconds,
        timestampdiff(second, e.started_at, coalesce(e.completed_at, utc_timestamp()))) as duration_seconds
    from schedule_executions e
    join replication_schedules s on s.id = e.schedule_id
    left join vm_machine_groups g on g.id = e.group_id
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop view if exists schedule_execution_summary');
}
