import { counted } from '../../base/counted.ts';
import { invariant } from '../../base/invariant.ts';
import type { Knex } from '../../db/knex.ts';
import { lockDeletion, type Deletion } from '../../db/stores/deletion-store.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { inTransaction } from '../../db/knex.ts';
import { assertMayDelete } from '../../domain/deletion.ts';
import { contracts } from '../../queues/catalogue.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { submit } from '../../queues/submit.ts';
import { assertCurrent } from '../etag.ts';
import type { Answer } from '../route.ts';
import { orForgotten } from '../vm-contexts/forgotten.ts';
import { replicationDetail, replicationOf, replicationUnknown } from './detail.ts';

export interface DeleteRequest {
  readonly jobId: string;
  readonly deleteVolumes: boolean;
  readonly user: string;
  readonly ifMatch: string | undefined;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

/**
 * Accepts the deletion of a replication: a job that holds the VM, so that nothing else begins for it meanwhile. What
 * forbids it is asked before, for a refusal that says why, and again in the transaction that makes the job.
 * @throws notFound `replication.unknown`; conflict `replication.active`, `replication.failed-over`, `failover.active`,
 * `context.busy`; precondition `request.stale`
 */
export async function acceptDeletion(ledger: Ledger, request: DeleteRequest): Promise<Answer> {
  const { jobId, deleteVolumes, user, requestId } = request;
  const { contextId } = await inTransaction(ledger.db, (trx) => deletable(trx, request), { idempotent: true });
  let answer: Answer | undefined;
  await submit(ledger, {
    contract: contracts['delete-job'],
    payload: { contextId, replicationJobId: jobId, deleteVolumes },
    contextId,
    owner: user,
    requestId,
    domainRows: async (trx, trackingId) => {
      const body = acceptedBody(await deletable(trx, request), { trackingId, deleteVolumes });
      if (request.key !== undefined) await storeAnswer(trx, request.key, { status: 202, body });
      answer = { status: 202, body, headers: { location: `/api/v1/jobs/${trackingId}` } };
    },
  }).catch(orForgotten(() => replicationUnknown(jobId)));
  invariant(answer !== undefined, 'a job was accepted without its rows');
  return answer;
}

async function deletable(trx: Knex.Transaction, { jobId, ifMatch }: DeleteRequest): Promise<Deletion> {
  const subject = await lockDeletion(trx, jobId);
  if (subject === undefined) throw replicationUnknown(jobId);
  assertMayDelete(subject);
  assertCurrent(ifMatch, await replicationDetail(trx, await replicationOf(trx, jobId)));
  return subject;
}

function acceptedBody(
  subject: Deletion,
  asked: { readonly trackingId: string; readonly deleteVolumes: boolean },
): Record<string, unknown> {
  const withVolumes = asked.deleteVolumes || subject.otherJobs === 0;
  const kept = withVolumes ? subject.volumes.filter((volume) => volume.attachedTo !== null) : [];
  const what = withVolumes ? `and ${counted(subject.volumes.length, 'volume')}` : 'without its volumes';
  return {
    message: `deletion of ${subject.jobId} of ${subject.vmName} ${what} accepted; follow it at /api/v1/jobs/${asked.trackingId}`,
    job_id: subject.jobId,
    deletion_tracking_id: asked.trackingId,
    operations: { volumes_deleted: false, database_cleaned: false, nbd_exports_removed: false },
    ...(kept.length === 0 ? {} : { volume_deletion_warning: warningOf(kept) }),
  };
}

function warningOf(kept: Deletion['volumes']): string {
  const which = kept.map(({ volumeId, attachedTo }) => `${volumeId} (VM ${attachedTo})`).join(', ');
  return `attached to another VM, and kept while that is so: ${which}`;
}
