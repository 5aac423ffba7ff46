import type { Knex } from 'knex';

/** Enabled schedules, whom they reach, and when they ran and will run. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace sql security invoker view active_schedules as
    select s.id, s.name, s.description, s.cron_expression, s.schedule_type, s.timezone, s.replication_type,
      s.max_concurrent_jobs, s.skip_if_running,
      (select count(*) from vm_machine_groups g where g.schedule_id = s.id) as group_count,
      (select count(distinct m.vm_context_id)
        from vm_group_memberships m
        join vm_machine_groups g on g.id = m.group_id
        join vm_replication_contexts c on c.context_id = m.vm_context_id
        where m.enabled = 1 and c.scheduler_enabled = 1
          and coalesce(m.schedule_override_id, g.schedule_id) = s.id) as vm_count,
      (select max(e.scheduled_at) from schedule_executions e
        where e.schedule_id = s.id and e.status <> 'scheduled') as last_execution,
      (select e.status from schedule_executions e
        where e.schedule_id = s.id and e.status <> 'scheduled'
        order by e.scheduled_at desc, e.id desc limit 1) as last_execution_status,
      s.next_execution_at as next_execution
    from replication_schedules s
    where s.enabled = 1
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop view if exists active_schedules');
}
