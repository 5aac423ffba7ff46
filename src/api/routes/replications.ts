import { listReplications } from '../../db/stores/replication-store.ts';
import { refuseTooLow } from '../bandwidth-floor.ts';
import type { ApiContext } from '../context.ts';
import { newestFirst } from '../../http/cursor.ts';
import { presentReplication } from '../present/replication.ts';
import { once, requestKey } from '../replications/once.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { IdempotencyHeader } from '../schemas/fields.ts';
import {
  ContextAdded,
  ReplicationFilter,
  ReplicationList,
  ReplicationStarted,
  StartReplication,
} from '../schemas/replications.ts';
import { changeIdRoutes } from './replications-changeid.ts';
import { oneReplicationRoutes } from './replications-change.ts';

export { replicationOf } from '../replications/detail.ts';

const LIMIT_DEFAULT = 100;
const tag = 'replications';

export const replicationRoutes = (context: ApiContext): readonly Route[] => [
  start(context),
  list(context),
  // Before /replications/{id}, which would take its name for an id.
  ...changeIdRoutes(context),
  ...oneReplicationRoutes(context),
];

const start = ({ acceptor, db }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/replications',
    summary: 'Replicate a VM',
    description:
      'Answers as soon as the job is stored; the work is done by workers. The first replication copies every disk, ' +
      'later ones what changed since. With start_replication false the VM is only added.',
    tag,
    params: noParams,
    query: noQuery,
    headers: IdempotencyHeader,
    body: StartReplication,
    answers: {
      202: { description: 'accepted', schema: ReplicationStarted, headers: ['Location', 'Idempotent-Replayed'] },
      201: {
        description: 'the VM was added (start_replication false)',
        schema: ContextAdded,
        headers: ['Location', 'Idempotent-Replayed'],
      },
    },
    refusals: [
      { status: 400, codes: ['bandwidth.too-low'] },
      { status: 404, codes: ['context.unknown', 'context.unknown-name'] },
      {
        status: 409,
        codes: [
          'context.busy',
          'replication.not-allowed',
          'context.ambiguous',
          'context.exists',
          'context.other-vm',
          'context.renamed',
          'replication.other-target',
        ],
      },
      {
        status: 422,
        codes: [
          'ossea-config.missing',
          'ossea-config.ambiguous',
          'ossea-config.incomplete',
          'replication.no-disks',
          'replication.vcenter-needed',
          'idempotency.key-reused',
        ],
      },
      { status: 503, codes: ['replication.overloaded'] },
    ],
    handle({ body, user, req }) {
      refuseTooLow({ bandwidth_limit_bytes_per_s: body.bandwidth_limit_bytes_per_s });
      const key = requestKey(req, user, body);
      const requestId = req.res?.locals.requestId;
      return once(db, key, () => acceptor.accept({ body, user, requestId, key }));
    },
  });

const list = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/replications',
    summary: 'Replications, newest first',
    tag,
    params: noParams,
    query: ReplicationFilter,
    body: noBody,
    answers: { 200: { description: 'a page of replications', schema: ReplicationList } },
    async handle({ query }) {
      const limit = query.limit ?? LIMIT_DEFAULT;
      const paging = newestFirst(limit, query.cursor);
      const page = await listReplications(db, {
        status: query.status,
        contextId: query.context_id,
        limit,
        after: paging.after,
      });
      const replications = page.rows.map(presentReplication);
      return { status: 200, body: { count: page.total, replications, next_cursor: paging.next(page.rows) } };
    },
  });
