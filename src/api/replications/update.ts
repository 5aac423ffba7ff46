import { conflict, invalidRequest, type AppError } from '../../base/errors.ts';
import { inTransaction } from '../../db/knex.ts';
import { editReplication, lockReplication } from '../../db/stores/replication-edit.ts';
import { cancel } from '../../queues/cancel.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { refuseTooLow } from '../bandwidth-floor.ts';
import { assertCurrent } from '../etag.ts';
import { UpdateReplication } from '../schemas/replication-changes.ts';
import { replicationDetail, replicationOf, replicationUnknown } from './detail.ts';

export interface UpdateRequest {
  readonly jobId: string;
  readonly body: UpdateReplication;
  readonly user: string;
  readonly ifMatch: string | undefined;
}

/**
 * Changes what is not execution state, then cancels if that was asked for. The state that If-Match names is compared
 * under the lock of the row, so of two edits that were meant for the same state one is refused.
 * @returns the replication as it is then
 * @throws notFound `replication.unknown`; invalidRequest `replication.read-only`, `bandwidth.too-low`; precondition `request.stale`;
 * conflict `job.terminal` when there is nothing left to cancel
 */
export async function updateReplication(ledger: Ledger, request: UpdateRequest): Promise<Record<string, unknown>> {
  const { jobId, body, user, ifMatch } = request;
  const { db } = ledger;
  refuseReadOnly(body);
  refuseTooLow({ bandwidth_limit_bytes_per_s: body.bandwidth_limit_bytes_per_s });
  await inTransaction(
    db,
    async (trx) => {
      if (!(await lockReplication(trx, jobId))) throw replicationUnknown(jobId);
      const job = await replicationOf(trx, jobId);
      assertCurrent(ifMatch, await replicationDetail(trx, job));
      if (body.status === 'cancelled' && job.completedAt !== null) throw hasEnded(jobId, job.status);
      const edit = editOf(body);
      if (Object.keys(edit).length > 0) await editReplication(trx, jobId, edit);
    },
    { idempotent: true },
  );
  if (body.status === 'cancelled') await cancel(ledger, jobId, { reason: 'cancelled on request', by: user });
  return replicationDetail(db, await replicationOf(db, jobId));
}

const editOf = ({ target_network: network, bandwidth_limit_bytes_per_s: bandwidth }: UpdateReplication) => ({
  ...(network === undefined ? {} : { targetNetwork: network }),
  ...(bandwidth === undefined ? {} : { bandwidthLimitBytesPerS: bandwidth }),
});

/** As cancel says it; here before anything is changed. */
const hasEnded = (jobId: string, status: string): AppError =>
  conflict('job.terminal', `job ${jobId} has ended already (${status})`, {
    hint: 'there is nothing to stop; without status the rest of the request can be sent again',
    details: { jobId, status },
  });

const EDITABLE: ReadonlySet<string> = new Set(Object.keys(UpdateReplication.shape));

function refuseReadOnly(body: UpdateReplication): void {
  const named = Object.keys(body);
  if (named.length === 0) {
    throw invalidRequest('request.invalid', 'the request names nothing to change', {
      details: { errors: [...EDITABLE].map((path) => ({ path, message: 'may be set' })) },
      hint: 'errors lists the fields that may be set',
    });
  }
  const readOnly = named.filter((name) => !EDITABLE.has(name));
  if (readOnly.length === 0) return;
  throw invalidRequest('replication.read-only', `${readOnly.join(', ')} cannot be set`, {
    details: { errors: readOnly.map((path) => ({ path, message: 'is not for clients to set' })) },
    hint:
      'progress has one writer, the worker of the job; target_network and bandwidth_limit_bytes_per_s can be set, and ' +
      'status only to "cancelled"',
  });
}
