import { invariant } from '../../base/invariant.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import type { JobContract, Transaction } from '../../queues/define-job.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { submit } from '../../queues/submit.ts';
import type { Answer } from '../route.ts';

/** Who asks for a job, and under which key. */
export interface Asker {
  readonly user: string;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

export interface Wanted<P extends { readonly contextId: string }, R> {
  readonly contract: JobContract<string, P, R>;
  readonly payload: P;
  readonly externalJobId?: string | undefined;
  /** Rows of the domain, in the transaction that makes the job. */
  readonly rows: (trx: Transaction, jobId: string) => Promise<void>;
  readonly answer: (jobId: string) => Record<string, unknown>;
}

/** Makes the job of a VM, its rows and the answer to keep under the request's key: all of them or nothing. */
export async function submitted<P extends { readonly contextId: string }, R>(
  ledger: Ledger,
  asker: Asker,
  wanted: Wanted<P, R>,
): Promise<Answer> {
  let body: Record<string, unknown> | undefined;
  const { jobId } = await submit(ledger, {
    contract: wanted.contract,
    payload: wanted.payload,
    contextId: wanted.payload.contextId,
    owner: asker.user,
    requestId: asker.requestId,
    externalJobId: wanted.externalJobId,
    domainRows: async (trx, id) => {
      await wanted.rows(trx, id);
      body = wanted.answer(id);
      if (asker.key !== undefined) await storeAnswer(trx, asker.key, { status: 202, body });
    },
  });
  invariant(body !== undefined, 'a job was accepted without its rows');
  return { status: 202, body, headers: { location: `/api/v1/failover/${jobId}/status` } };
}
