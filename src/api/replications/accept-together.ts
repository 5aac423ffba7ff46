import { AppError, describeError } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';
import { isConnectionLost } from '../../db/errors.ts';
import { inTransaction } from '../../db/knex.ts';
import { storeAnswers, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { findJob } from '../../db/stores/job-rows.ts';
import { contextUnknown, insertReplications } from '../../db/stores/replication-accept.ts';
import { lockCandidates, type Candidate } from '../../db/stores/replication-candidates.ts';
import { readTargets } from '../../db/stores/target-store.ts';
import { contracts } from '../../queues/catalogue.ts';
import type { Transaction } from '../../queues/define-job.ts';
import { jobSubmitted } from '../../queues/events.ts';
import type { Announced, Ledger } from '../../queues/ledger.ts';
import type { ReplicationPayload, ReplicationResult } from '../../queues/jobs/replicate.ts';
import {
  announceAll,
  contextBusy,
  isActiveContext,
  newJobIds,
  submitTogether,
  type Together,
} from '../../queues/submit.ts';
import type { Answer } from '../route.ts';
import { isGiven, type StartReplication } from '../schemas/replications.ts';
import { decide, type Decision } from './decide.ts';
import type { Outcome } from './groups.ts';

/** A request to replicate a VM that is known. */
export interface Member {
  readonly contextId: string;
  readonly body: StartReplication;
  readonly user: string;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

export interface Accepted {
  readonly answer: Answer;
  /** Redis was told, or could not be; never fails. */
  readonly announced: Promise<void>;
}

type ReplicationSubmission = Together<ReplicationPayload, ReplicationResult>;

/** What the transaction says of a member. */
type Verdict =
  | { readonly member: Member; readonly jobId: string; readonly decision: Decision }
  | { readonly refused: unknown }
  /** Another transaction holds the VM. */
  | 'held';
type Approved = Extract<Verdict, { readonly decision: Decision }>;

/**
 * Accepts replications of different VMs in one transaction: each of its statements serves all of them. A refusal is the
 * member's own. When a statement fails, nothing is stored, and each member that it was for goes again alone: who spoiled
 * it then spoils only itself. A VM that others hold is waited for with `waits`; without it, its member goes again.
 */
export async function acceptTogether(
  ledger: Ledger,
  members: readonly Member[],
  how: { readonly waits: boolean },
): Promise<Outcome<Accepted>[]> {
  let verdicts: readonly Verdict[] = members.map(() => 'held');
  let jobs: readonly Announced[] = [];
  const jobIds = newJobIds(contracts.replicate.idPrefix, members.length);
  const work = async (trx: Transaction): Promise<void> => {
    verdicts = await decideAll(trx, { members, jobIds, waits: how.waits });
    jobs = await write(trx, verdicts.filter(isApproved));
  };
  try {
    // Repeated as a group, a lock conflict would come back as long as its members meet the same others.
    await inTransaction(ledger.db, work, { throwsContention: members.length > 1 });
  } catch (error) {
    if (!(await isStoredAnyway(ledger, error, jobs))) return failedAll(ledger, { members, verdicts, error });
  }
  for (const { member, jobId, decision } of verdicts.filter(isApproved)) {
    const { contextId, requestId = null } = member;
    jobSubmitted({ jobId, queue: decision.queue, parentJobId: null, requestId, contextId });
  }
  const announced = jobs.length === 0 ? Promise.resolve() : announceAll(ledger, jobs);
  return verdicts.map((verdict) => outcomeOf(verdict, announced));
}

interface Group {
  readonly members: readonly Member[];
  /** One per member; they sort as the members came. */
  readonly jobIds: readonly string[];
  readonly waits: boolean;
}

async function decideAll(trx: Transaction, { members, jobIds, waits }: Group): Promise<Verdict[]> {
  const ids = members.map((member) => member.contextId);
  const { found, heldElsewhere } = await lockCandidates(trx, ids, { waits });
  const targets = await readTargets(trx, boundTargets(found));
  return members.map((member, index) => {
    const candidate = found.get(member.contextId);
    try {
      if (candidate === undefined && heldElsewhere.has(member.contextId)) return 'held';
      if (candidate === undefined) throw contextUnknown(member.contextId);
      return { member, jobId: jobIds[index] ?? '', decision: decide(member.body, candidate, targets) };
    } catch (refused) {
      return { refused };
    }
  });
}

const boundTargets = (found: ReadonlyMap<string, Candidate>): number[] =>
  [...found.values()].flatMap(({ osseaConfigId }) => (osseaConfigId === null ? [] : [osseaConfigId]));

const isApproved = (verdict: Verdict): verdict is Approved => verdict !== 'held' && 'decision' in verdict;

async function write(trx: Transaction, approved: readonly Approved[]): Promise<Announced[]> {
  if (approved.length === 0) return [];
  const jobs = await submitTogether(trx, approved.map(submissionOf));
  await insertReplications(
    trx,
    approved.map(({ jobId, decision }) => ({ jobId, ...decision })),
  );
  await storeAnswers(
    trx,
    approved.flatMap((one) => {
      const request = one.member.key;
      return request === undefined ? [] : [{ request, ...started(one) }];
    }),
  );
  return jobs;
}

const submissionOf = ({ member, jobId, decision: { queue, candidate } }: Approved): ReplicationSubmission => ({
  jobId,
  contract: contracts[queue],
  payload: {
    contextId: candidate.contextId,
    forceFull: member.body.replication_type === 'initial',
    ...(isGiven(member.body.verify) ? { verify: member.body.verify } : {}),
  },
  contextId: candidate.contextId,
  owner: member.user,
  requestId: member.requestId,
});

/** The connection broke during COMMIT. Ids of jobs are ours alone: when one is there, so is everything else. */
async function isStoredAnyway(ledger: Ledger, error: unknown, [job]: readonly Announced[]): Promise<boolean> {
  if (!(error instanceof AppError) || error.code !== 'db.commit-unknown' || job === undefined) return false;
  // While nobody answers nobody knows, which is what the error says.
  return (await findJob(ledger.db, job.id).catch(() => undefined)) !== undefined;
}

interface Failure {
  readonly members: readonly Member[];
  readonly verdicts: readonly Verdict[];
  readonly error: unknown;
}

/** What becomes of each member of a group of which nothing is stored. Who was refused stays refused. */
async function failedAll(ledger: Ledger, failure: Failure): Promise<Outcome<Accepted>[]> {
  const { members, verdicts, error } = failure;
  const [only, ...others] = members;
  if (only !== undefined && others.length === 0) {
    return [{ error: isActiveContext(error) ? await contextBusy(ledger.db, only.contextId, error) : error }];
  }
  const again: Outcome<Accepted> = isOfAll(error) ? { error } : { again: 'alone' };
  if ('again' in again) apiLog.warn({ reason: describeError(error), members: members.length }, 'accepted one by one');
  return verdicts.map((verdict) => (verdict !== 'held' && 'refused' in verdict ? { error: verdict.refused } : again));
}

/** Errors that no member causes, and that each would meet again. */
function isOfAll(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return isConnectionLost(error) || error.code === 'db.pool-exhausted' || error.code === 'db.commit-unknown';
}

function outcomeOf(verdict: Verdict, announced: Promise<void>): Outcome<Accepted> {
  if (verdict === 'held') return { again: 'waiting' };
  if ('refused' in verdict) return { error: verdict.refused };
  const answer = { ...started(verdict), headers: { location: `/api/v1/replications/${verdict.jobId}` } };
  return { result: { answer, announced } };
}

/** The answer, as it is kept for the same request again. */
function started({ jobId, decision }: Approved): { status: number; body: Record<string, unknown> } {
  const { candidate: vm, queue } = decision;
  return {
    status: 202,
    body: {
      job_id: jobId,
      context_id: vm.contextId,
      queue,
      status: 'pending',
      progress_percent: 0,
      source_vm: { id: vm.vmwareVmId, name: vm.vmName, path: vm.vmPath },
      created_volumes: [],
      mounted_volumes: [],
      started_at: vm.now.toISOString(),
      message: `replication of ${vm.vmName} accepted; follow it at /api/v1/replications/${jobId}`,
    },
  };
}
