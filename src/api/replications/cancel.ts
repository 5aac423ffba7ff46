import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { inTransaction } from '../../db/knex.ts';
import { cancel } from '../../queues/cancel.ts';
import type { Ledger } from '../../queues/ledger.ts';
import type { Answer } from '../route.ts';
import { replicationOf } from './detail.ts';

export interface CancelRequest {
  readonly jobId: string;
  readonly user: string;
  readonly key: RequestKey | undefined;
}

/**
 * Tells a replication to stop. The answer is kept after that was noted, in a transaction of its own: if this process
 * dies in between, the request sent again tells the job once more, which changes nothing, or finds that it has ended.
 * @throws notFound `replication.unknown`; conflict `job.terminal`
 */
export async function cancelReplication(ledger: Ledger, request: CancelRequest): Promise<Answer> {
  const { db } = ledger;
  const { jobId, user, key } = request;
  await replicationOf(db, jobId);
  await cancel(ledger, jobId, { reason: 'cancelled on request', by: user });
  const { id, status } = await replicationOf(db, jobId);
  const answer = { status: 202, body: { job_id: id, status, message: 'the job is told to stop' } };
  if (key !== undefined) await inTransaction(db, (trx) => storeAnswer(trx, key, answer));
  return answer;
}
