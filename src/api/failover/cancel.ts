import { invariant } from '../../base/invariant.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { cancel } from '../../queues/cancel.ts';
import type { Transaction } from '../../queues/define-job.ts';
import type { Ledger } from '../../queues/ledger.ts';
import type { Answer } from '../route.ts';
import { followed } from './status.ts';

/**
 * Tells a failover, a rollback or a commit to stop. What it did is undone first; past its point of no return it goes on.
 * @throws notFound `failover.unknown`; conflict `job.terminal`, `job.committed`
 */
export async function cancelFailover(
  ledger: Ledger,
  request: { readonly id: string; readonly user: string; readonly key: RequestKey | undefined },
): Promise<Answer> {
  const { id, user, key } = request;
  const { job } = await followed(ledger.db, id);
  let answer: Answer | undefined;
  const noted = async (trx: Transaction): Promise<void> => {
    const now = await followed(trx, job.id);
    const body = {
      success: true,
      message: 'the job is told to stop; what it did is undone first',
      job_id: job.id,
      status: now.job.status,
    };
    if (key !== undefined) await storeAnswer(trx, key, { status: 202, body });
    answer = { status: 202, body };
  };
  await cancel(ledger, job.id, { reason: 'cancelled on request', by: user, noted });
  invariant(answer !== undefined, 'a cancel was noted without an answer');
  return answer;
}
