import type { ApiContext } from '../context.ts';
import { NOT_MODIFIED, STALE, tagged } from '../etag.ts';
import { cancelReplication } from '../replications/cancel.ts';
import { acceptDeletion } from '../replications/delete.ts';
import { replicationDetail, replicationOf } from '../replications/detail.ts';
import { once, requestKey } from '../replications/once.ts';
import { updateReplication } from '../replications/update.ts';
import { defineRoute, noBody, noQuery, type Route } from '../route.ts';
import { IfMatch, IfNoneMatch } from '../schemas/conditional-headers.ts';
import { IdempotencyHeader, JobIdParam } from '../schemas/fields.ts';
import { DeleteReplicationQuery, DeletionAccepted, UpdateReplication } from '../schemas/replication-changes.ts';
import { CancelAccepted, Replication } from '../schemas/replications.ts';

const tag = 'replications';

/** One replication: look at it, change it, cancel it, delete it. */
export const oneReplicationRoutes = (context: ApiContext): readonly Route[] => [
  show(context),
  update(context),
  remove(context),
  stop(context),
];

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/replications/{id}',
    summary: 'One replication with its disks',
    tag,
    params: JobIdParam,
    query: noQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: { 200: { description: 'the replication', schema: Replication, headers: ['ETag'] }, ...NOT_MODIFIED },
    refusals: [{ status: 404, codes: ['replication.unknown'] }],
    async handle({ params, req }) {
      return tagged(req, await replicationDetail(db, await replicationOf(db, params.id)));
    },
  });

const update = ({ ledger }: ApiContext): Route =>
  defineRoute({
    method: 'put',
    path: '/replications/{id}',
    summary: 'Change what is not execution state, or cancel',
    description:
      'Sets what the body names and leaves the rest. The ETag changes with each report of progress, so leave If-Match ' +
      'out to cancel a replication that runs.',
    tag,
    params: JobIdParam,
    query: noQuery,
    headers: IfMatch,
    body: UpdateReplication,
    answers: {
      200: { description: 'as it is now', schema: Replication, headers: ['ETag'] },
      202: { description: 'it is told to stop; as it is now', schema: Replication, headers: ['ETag'] },
    },
    refusals: [
      { status: 400, codes: ['replication.read-only', 'bandwidth.too-low'] },
      { status: 404, codes: ['replication.unknown'] },
      { status: 409, codes: ['job.terminal', 'job.committed'] },
      STALE,
    ],
    async handle({ params, body, user, req }) {
      const changed = await updateReplication(ledger, { jobId: params.id, body, user, ifMatch: req.get('if-match') });
      return tagged(req, changed, body.status === undefined ? 200 : 202);
    },
  });

const remove = ({ ledger, db }: ApiContext): Route =>
  defineRoute({
    method: 'delete',
    path: '/replications/{id}',
    summary: 'Delete a replication',
    description:
      'A job does it; GET /jobs/{deletion_tracking_id} follows it. While another replication of the VM remains, its disks ' +
      'and volumes stay and the next replication is incremental. With the last one, or with delete_volumes, the target ' +
      'volumes are deleted; a volume that another VM has is kept, with a warning.',
    tag,
    params: JobIdParam,
    query: DeleteReplicationQuery,
    headers: IdempotencyHeader.extend(IfMatch.shape),
    body: noBody,
    answers: {
      202: { description: 'accepted', schema: DeletionAccepted, headers: ['Location', 'Idempotent-Replayed'] },
    },
    refusals: [
      { status: 404, codes: ['replication.unknown'] },
      {
        status: 409,
        codes: ['replication.active', 'replication.failed-over', 'failover.active', 'context.busy'],
      },
      STALE,
      { status: 422, codes: ['idempotency.key-reused'] },
    ],
    handle({ params, query, user, req }) {
      const key = requestKey(req, user, query);
      const asked = { jobId: params.id, deleteVolumes: query.delete_volumes === 'true', ifMatch: req.get('if-match') };
      const requestId = req.res?.locals.requestId;
      return once(db, key, () => acceptDeletion(ledger, { ...asked, user, requestId, key }));
    },
  });

const stop = ({ ledger, db }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/replications/{id}/cancel',
    summary: 'Cancel a replication',
    description: 'The worker stops at a safe point and cleans up; what was committed before stays usable.',
    tag,
    params: JobIdParam,
    query: noQuery,
    headers: IdempotencyHeader,
    body: noBody,
    answers: { 202: { description: 'it will end', schema: CancelAccepted, headers: ['Idempotent-Replayed'] } },
    refusals: [
      { status: 404, codes: ['replication.unknown'] },
      { status: 409, codes: ['job.terminal', 'job.committed'] },
      { status: 422, codes: ['idempotency.key-reused'] },
    ],
    handle({ params, user, req }) {
      const key = requestKey(req, user, {});
      return once(db, key, () => cancelReplication(ledger, { jobId: params.id, user, key }));
    },
  });
