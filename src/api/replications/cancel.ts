import { invariant } from '../../base/invariant.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { cancel } from '../../queues/cancel.ts';
import type { Transaction } from '../../queues/define-job.ts';
import type { Ledger } from '../../queues/ledger.ts';
import type { Answer } from '../route.ts';
import { replicationOf } from './detail.ts';

export interface CancelRequest {
  readonly jobId: string;
  readonly user: string;
  readonly key: RequestKey | undefined;
}

/**
 * Tells a replication to stop. The answer is kept in the transaction that notes it, so that the same request again gets
 * the same answer wherever this process died, however the job went on.
 * @throws notFound `replication.unknown`; conflict `job.terminal`, `job.committed`
 */
export async function cancelReplication(ledger: Ledger, request: CancelRequest): Promise<Answer> {
  const { db } = ledger;
  const { jobId, user, key } = request;
  await replicationOf(db, jobId);
  let answer: Answer | undefined;
  const noted = async (trx: Transaction): Promise<void> => {
    const { id, status } = await replicationOf(trx, jobId);
    const body = { job_id: id, status, message: 'the job is told to stop' };
    if (key !== undefined) await storeAnswer(trx, key, { status: 202, body });
    answer = { status: 202, body };
  };
  await cancel(ledger, jobId, { reason: 'cancelled on request', by: user, noted });
  invariant(answer !== undefined, 'a cancel was noted without an answer');
  return answer;
}
