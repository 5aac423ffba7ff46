import { z } from 'zod';
import { sleep } from '../../base/clock.ts';
import { upstream, type AppError } from '../../base/errors.ts';
import { formatDuration, MINUTE } from '../../base/units.ts';
import { progressBar } from '../progress-bar.ts';
import { ask, type Stage } from './stage.ts';

/** The jobs of the demo: asked for over HTTP and followed to their end, as any client does it. */

const JOB_WITHIN_MS = 10 * MINUTE;
const POLL_MS = 200;

/** A replication that has ended well. */
export interface Cycle {
  readonly type: string;
  readonly bytes_transferred: number;
  readonly seconds: number;
}

const accepted = z.object({ job_id: z.string() });

const replication = z.object({
  status: z.string(),
  progress_percent: z.number(),
  current_operation: z.string().nullish(),
  bytes_transferred: z.number().nullish(),
  error_message: z.string().nullish(),
  configuration: z.object({ replication_type: z.string() }).partial().nullish(),
});

/** Posts a replication and follows it to its end. @throws upstream `demo.job-failed`, `demo.job-late` */
export async function replicate({ api, vm, tell }: Stage): Promise<Cycle> {
  const started = Date.now();
  const { job_id: jobId } = await ask(api, {
    method: 'POST',
    path: '/replications',
    body: { vm_name: vm.vm_name },
    answer: accepted,
  });
  const ended = await follow({ jobId, tell }, async () => {
    const seen = await ask(api, { method: 'GET', path: `/replications/${jobId}`, answer: replication });
    return {
      of: seen,
      status: seen.status,
      percent: seen.progress_percent,
      doing: seen.current_operation ?? seen.status,
      error: seen.error_message,
    };
  });
  return {
    type: ended.configuration?.replication_type ?? 'unknown',
    bytes_transferred: ended.bytes_transferred ?? 0,
    seconds: secondsSince(started),
  };
}

const failover = z.object({
  progress: z.number(),
  error_message: z.string().nullable(),
  destination_vm_id: z.string().nullable(),
  loss_seconds: z.number().nullable(),
  boot_verdict: z.object({ verdict: z.string() }).nullable(),
  remaining: z.array(z.unknown()),
  job_details: z.object({ status: z.string(), steps: z.array(z.object({ name: z.string() })) }),
});

/** A failover that has ended well. */
export interface FailoverEnd {
  readonly jobId: string;
  readonly seconds: number;
  /** Its VM in the cloud. */
  readonly vmId: string;
  readonly verdict: string;
  readonly lossSeconds: number | null;
}

/** Fails the VM over and follows that to its end. @throws upstream `demo.job-failed`, `demo.job-late` */
export async function failOver(stage: Stage, type: 'test' | 'live'): Promise<FailoverEnd> {
  const started = Date.now();
  const body = { ...stage.vm, skip_virtio: true };
  const jobId = await posted(stage, `/failover/${type}`, body);
  const ended = await followFailover(stage, jobId);
  return {
    jobId,
    seconds: secondsSince(started),
    vmId: ended.destination_vm_id ?? '',
    verdict: ended.boot_verdict?.verdict ?? 'none',
    lossSeconds: ended.loss_seconds,
  };
}

export interface WayBackEnd {
  readonly jobId: string;
  readonly seconds: number;
}

/** Takes a test back, and follows that to its end. @throws upstream `demo.job-failed`, `demo.job-late` */
export async function endTest(stage: Stage, failoverJobId: string): Promise<WayBackEnd> {
  const started = Date.now();
  const { job_id: jobId } = await ask(stage.api, {
    method: 'DELETE',
    path: `/failover/test/${failoverJobId}`,
    answer: accepted,
  });
  await followFailover(stage, jobId);
  return { jobId, seconds: secondsSince(started) };
}

/** Takes a live failover back, with its source powered on again. @throws upstream `demo.job-failed`, `demo.job-late` */
export async function rollBack(stage: Stage): Promise<WayBackEnd> {
  const started = Date.now();
  const body = { ...stage.vm, failover_type: 'live', power_on_source: true };
  const jobId = await posted(stage, '/failover/rollback', body);
  await followFailover(stage, jobId);
  return { jobId, seconds: secondsSince(started) };
}

async function posted({ api }: Stage, path: string, body: object): Promise<string> {
  return (await ask(api, { method: 'POST', path, body, answer: accepted })).job_id;
}

function followFailover({ api, tell }: Stage, jobId: string): Promise<z.output<typeof failover>> {
  return follow({ jobId, tell }, async () => {
    const seen = await ask(api, { method: 'GET', path: `/failover/${jobId}/status`, answer: failover });
    const { status, steps } = seen.job_details;
    const step = steps.at(-1)?.name;
    return {
      of: seen,
      status,
      percent: seen.progress,
      doing: step === undefined ? 'waiting for a worker' : wordsOf(step),
      error: seen.error_message,
    };
  });
}

/** Names of steps are for programs; a person reads what happens. */
const WORDS: Readonly<Record<string, string>> = {
  validation: 'asking the rules of readiness once more, fixing the plan',
  'source-vm-power-off': 'shutting the source down',
  'final-sync': 'replicating once more, so that nothing is lost',
  'volume-mode-switch-failover': 'handing the volumes over at their last committed point',
  'multi-volume-snapshot-creation': 'taking a snapshot of every volume, for the way back',
  'virtio-driver-injection': 'leaving the guest as it is: these disks hold files, and no system to convert',
  'vm-creation': 'making the VM in CloudStack',
  'volume-attachment': 'swapping its disks for ours',
  'vm-startup-and-validation': 'starting it',
  'boot-verdict': 'watching whether it stays up',
  'status-update': 'writing down that it stands',
  'failover-job-retrieval': 'looking up what the failover made',
  'test-vm-shutdown': 'stopping its VM',
  'volume-detachment': 'detaching our volumes from it',
  'multi-volume-snapshot-cleanup': 'setting every volume back to its snapshot',
  'volume-mode-switch-oma': 'making the volumes those of the appliance again',
  'volume-reattachment-to-oma': 'attaching them to the appliance',
  'test-vm-deletion': 'destroying the VM',
  'source-vm-power-on': 'powering the source on',
  'failover-job-status-update': 'writing down that it is taken back',
  'vm-context-status-update': 'writing down that the VM is replicated again',
};

const wordsOf = (step: string): string => WORDS[step] ?? step;

interface Seen<T> {
  readonly of: T;
  readonly status: string;
  readonly percent: number;
  readonly doing: string;
  readonly error: string | null | undefined;
}

/** Looks until the job has ended. @throws upstream `demo.job-failed`, `demo.job-late` */
async function follow<T>(job: { jobId: string; tell: Stage['tell'] }, look: () => Promise<Seen<T>>): Promise<T> {
  const started = Date.now();
  const bar = progressBar(job.tell);
  try {
    while (Date.now() - started < JOB_WITHIN_MS) {
      const seen = await look();
      bar.show(seen.percent, seen.doing);
      if (seen.status === 'completed') return seen.of;
      if (seen.status === 'failed' || seen.status === 'cancelled') throw jobFailed(job.jobId, seen);
      await sleep(POLL_MS);
    }
  } finally {
    bar.end();
  }
  throw upstream('demo.job-late', `${job.jobId} did not end within ${formatDuration(JOB_WITHIN_MS)}`);
}

const jobFailed = (jobId: string, { status, error }: Seen<unknown>): AppError =>
  upstream('demo.job-failed', `${jobId} ${status}: ${error ?? 'it does not say why'}`);

const secondsSince = (started: number): number => (Date.now() - started) / 1000;
