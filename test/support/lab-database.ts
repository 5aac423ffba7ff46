import { select } from '../../src/db/sql.ts';
import { openDatabase } from '../../src/db/knex.ts';
import { Secret } from '../../src/config/secrets.ts';
import { jobStory } from './job-story.ts';
import type { LabJson } from './lab.ts';

/** What a test wants to know of a lab's ledger that no API tells. */
export function openLabDatabase({ database }: LabJson) {
  const db = openDatabase({ ...database, password: new Secret(database.password), poolMax: 2 });
  return {
    async attempt(jobId: string): Promise<number> {
      const row = await db<{ id: string; attempt: number }>('job_tracking').where({ id: jobId }).first('attempt');
      return row?.attempt ?? 0;
    },
    /** Sum over the disks of what the attempt that completed found written and flushed. */
    async resumedBytes(jobId: string): Promise<number> {
      const row = await db<{ job_id: string; name: string; output: unknown }>('job_steps')
        .where({ job_id: jobId, name: 'transfer' })
        .first('output');
      const output = (typeof row?.output === 'string' ? JSON.parse(row.output) : row?.output) as {
        disks: { resumedBytes: number }[];
      };
      return output.disks.reduce((sum, disk) => sum + disk.resumedBytes, 0);
    },
    /** What happened to a job, for the message of a test that failed. */
    story: (jobId: string): Promise<string> => jobStory(db, jobId),
    async openExports(): Promise<number> {
      const rows = await db<{ status: string }>('nbd_exports').where({ status: 'active' }).select('status');
      return rows.length;
    },
    /** Jobs that nobody waits for and that have not ended. */
    async openRootJobs(): Promise<string[]> {
      const rows = await db('job_tracking')
        .whereNull('parent_job_id')
        .whereNot('dispatch_state', 'closed')
        .select<{ id: string }[]>('id');
      return rows.map(({ id }) => id);
    },
    /** Jobs whose rows tell different stories, and VMs that a job holds which has ended. */
    contradictions(): Promise<object[]> {
      return select(
        db,
        `select job.id, job.status, job.active_context_id, replication.status as replication, context.context_id as held
           from job_tracking job
           left join replication_jobs replication on replication.id = job.id
           left join vm_replication_contexts context on context.current_job_id = job.id
          where job.dispatch_state = 'closed' and (context.context_id is not null
             or job.active_context_id is not null or replication.status <> job.status)`,
      );
    },
    /** The configuration of the lab's CloudStack, keys and all as they rest. */
    cloud(): Promise<Record<string, unknown>> {
      return db('ossea_configs')
        .where({ name: 'lab' })
        .first()
        .then((row: Record<string, unknown>) => row);
    },
    /** Makes it what it was, and the only active one. */
    async restoreCloud(cloud: Record<string, unknown>): Promise<void> {
      await db('ossea_configs').update({ is_active: 0 });
      const { id, created_at: _made, updated_at: _changed, ...row } = cloud;
      await db('ossea_configs').where({ id }).update(row);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await db.destroy();
    },
  };
}
