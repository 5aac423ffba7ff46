import type { Knex } from '../../db/knex.ts';
import { findFailover, findFailoverByAnyId, type FailoverRecord } from '../../db/stores/failover-store.ts';
import { findJobView, listSteps, type JobView, type StepView } from '../../db/stores/job-view-store.ts';
import { jobFacts } from '../../db/stores/job-page-store.ts';
import { wire } from '../present/wire.ts';
import { presentFailover, rollbackStatuses } from './present.ts';
import { failoverUnknown } from './which-vm.ts';

interface Followed {
  readonly failover: FailoverRecord;
  /** The failover's own, or the one that takes it back or commits it. */
  readonly job: JobView;
}

const FOLLOWERS: ReadonlySet<string> = new Set(['rollback', 'commit-failover']);

/** The job of a failover, of a rollback or of a commit, by any of its ids. @throws notFound `failover.unknown` */
export async function followed(db: Knex, id: string): Promise<Followed> {
  const own = await findFailoverByAnyId(db, id);
  const job = await findJobView(db, own?.jobId ?? id);
  const failover = own ?? (await failoverBehind(db, job));
  if (failover === undefined || job === undefined) throw failoverUnknown(id);
  return { failover, job };
}

async function failoverBehind(db: Knex, job: JobView | undefined): Promise<FailoverRecord | undefined> {
  if (job === undefined || !FOLLOWERS.has(job.operation)) return undefined;
  const { payload } = (await jobFacts(db, [job.id])).get(job.id) ?? {};
  const { failoverJobId } = Object(payload) as { failoverJobId?: unknown };
  return typeof failoverJobId === 'string' ? findFailover(db, failoverJobId) : undefined;
}

/** Body of GET /failover/{job_id}/status: a fixed number of queries. @throws notFound `failover.unknown` */
export async function statusOf(db: Knex, id: string, now: Date): Promise<Record<string, unknown>> {
  const { failover, job } = await followed(db, id);
  const [steps, rollbacks] = await Promise.all([listSteps(db, job.id), rollbackStatuses(db, [failover])]);
  const isOwn = job.id === failover.jobId;
  return {
    success: true,
    message: messageOf(failover, { job, rollback: rollbacks.get(failover.rolledBackBy ?? '') }),
    ...presentFailover(failover, rollbacks),
    job_id: job.id,
    operation: job.operation,
    failover_job_id: failover.jobId,
    progress: isOwn ? failover.progressPercent : (job.percentComplete ?? 0),
    start_time: job.startedAt?.toISOString() ?? null,
    completed_at: job.completedAt?.toISOString() ?? null,
    duration: durationOf(job, now),
    error_message: job.errorMessage ?? (isOwn ? failover.errorMessage : null),
    job_details: {
      status: job.status,
      error_code: job.errorCode,
      hint: job.errorHint,
      attempt: job.attempt,
      steps: steps.map(presentStep),
    },
  };
}

const presentStep = (step: StepView): Record<string, unknown> => wire(step);

/** From its start to its end, or to now; 0 before. */
function durationOf({ startedAt, completedAt }: JobView, now: Date): number {
  if (startedAt === null) return 0;
  return Math.max(0, Math.round(((completedAt ?? now).getTime() - startedAt.getTime()) / 1000));
}

const WORDS: Readonly<Record<string, string>> = {
  failover: 'failover',
  rollback: 'rollback',
  'commit-failover': 'commit',
};

function messageOf(
  failover: FailoverRecord,
  { job, rollback }: { readonly job: JobView; readonly rollback: string | undefined },
): string {
  const isOwn = job.operation === 'failover';
  const what = isOwn ? `the ${failover.jobType} failover` : `the ${WORDS[job.operation] ?? 'job'}`;
  const where = failover.currentStep === null || job.status !== 'running' ? '' : `: ${failover.currentStep}`;
  return `${what} of ${failover.sourceVmName} is ${job.status}${where}${isOwn ? sinceThen(failover, rollback) : ''}`;
}

/** What a failover has ended with is not what has become of it. */
function sinceThen({ committedAt }: FailoverRecord, rollback: string | undefined): string {
  if (rollback === 'completed') return ', and was taken back since';
  if (rollback !== undefined) return `; its rollback is ${rollback}`;
  return committedAt === null ? '' : ', and was committed since';
}
