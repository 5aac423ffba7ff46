import type { Knex } from 'knex';

/** VMs that the scheduler may touch, once per group, with the schedule that applies and the job that runs. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace sql security invoker view vm_schedule_status as
    select c.context_id, c.vm_name, c.vcenter_host, c.current_status, c.next_scheduled_at, c.last_scheduled_job_id,
      m.group_id, g.name as group_name, m.enabled as membership_enabled, m.priority as membership_priority,
      s.id as schedule_id, s.name as schedule_name, s.cron_expression, s.enabled as schedule_enabled,
      s.next_execution_at as schedule_next_execution,
      j.id as active_job_id, j.operation as active_job_operation, j.status as active_job_status
    from vm_replication_contexts c
    left join vm_group_memberships m on m.vm_context_id = c.context_id
    left join vm_machine_groups g on g.id = m.group_id
    left join replication_schedules s on s.id = coalesce(m.schedule_override_id, g.schedule_id)
    left join job_tracking j on j.active_context_id = c.context_id
    where c.scheduler_enabled = 1
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop view if exists vm_schedule_status');
}
