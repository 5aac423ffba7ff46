import type { Knex } from 'knex';

/** Every job with its place in its family; duration_seconds runs on while the job does. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create or replace sql security invoker view job_tracking_hierarchy as
    select j.id, j.parent_job_id, coalesce(p.parent_job_id, j.parent_job_id, j.id) as root_job_id,
      case when j.parent_job_id is null then 'root' else 'child' end as job_level,
      p.operation as parent_operation, j.job_type, j.job_category, j.operation, j.status, j.queue, j.owner, j.context_id,
      j.external_job_id, j.percent_complete, j.created_at, j.started_at, j.completed_at,
      (select count(*) from job_tracking c where c.parent_job_id = j.id) as child_count,
      timestampdiff(second, j.started_at, coalesce(j.completed_at, utc_timestamp())) as duration_seconds
    from job_tracking j
    left join job_tracking p on p.id = j.parent_job_id
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop view if exists job_tracking_hierarchy');
}
