import { counted } from '../../base/counted.ts';
import { invariant } from '../../base/invariant.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import { lockForgetting, type Forgetting } from '../../db/stores/deletion-store.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { assertMayForget, takesVolumes } from '../../domain/deletion.ts';
import { contracts } from '../../queues/catalogue.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { submit } from '../../queues/submit.ts';
import type { Answer } from '../route.ts';
import { orForgotten } from './forgotten.ts';

export interface ForgetRequest {
  readonly contextId: string;
  readonly user: string;
  readonly requestId: string | undefined;
  readonly key: RequestKey | undefined;
}

/**
 * Accepts the deletion of a VM: a job that holds it, so that nothing else begins for it meanwhile.
 * @throws notFound `context.unknown`; conflict `context.failed-over`, `failover.active`, `context.busy`
 */
export async function acceptForgetting(ledger: Ledger, request: ForgetRequest): Promise<Answer> {
  const { user, requestId } = request;
  const subject = await inTransaction(ledger.db, (trx) => forgettable(trx, request.contextId), { idempotent: true });
  const { contextId, vmName } = subject;
  let answer: Answer | undefined;
  await submit(ledger, {
    contract: contracts['delete-context'],
    payload: { contextId, vmName },
    contextId,
    owner: user,
    requestId,
    domainRows: async (trx, trackingId) => {
      const body = acceptedBody(await forgettable(trx, contextId), trackingId);
      if (request.key !== undefined) await storeAnswer(trx, request.key, { status: 202, body });
      answer = { status: 202, body, headers: { location: `/api/v1/jobs/${trackingId}` } };
    },
  }).catch(orForgotten(() => contextUnknown(contextId)));
  invariant(answer !== undefined, 'a job was accepted without its rows');
  return answer;
}

async function forgettable(trx: Knex.Transaction, contextId: string): Promise<Forgetting> {
  const subject = await lockForgetting(trx, contextId);
  if (subject === undefined) throw contextUnknown(contextId);
  assertMayForget(subject);
  return subject;
}

function acceptedBody(subject: Forgetting, trackingId: string): Record<string, unknown> {
  const { contextId, vmName, volumes, contextStatus } = subject;
  const going = takesVolumes(contextStatus) ? volumes.map(({ volumeId }) => volumeId) : [];
  const what = takesVolumes(contextStatus)
    ? `and ${counted(going.length, 'volume')}`
    : 'accepted, whose volumes are the disks of the VM that was moved and stay';
  const accepted = takesVolumes(contextStatus) ? ' accepted' : '';
  return {
    message: `deletion of ${vmName} ${what}${accepted}; follow it at /api/v1/jobs/${trackingId}`,
    context_id: contextId,
    deletion_tracking_id: trackingId,
    volumes: going,
  };
}
