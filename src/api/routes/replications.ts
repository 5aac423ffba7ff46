import { notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { listDisks } from '../../db/stores/disk-store.ts';
import {
  cbtHistory,
  findReplication,
  listReplications,
  mountsOf,
  type ReplicationRecord,
} from '../../db/stores/replication-store.ts';
import { cancel } from '../../queues/cancel.ts';
import type { ApiContext } from '../context.ts';
import { newestFirst } from '../cursor.ts';
import { presentReplication } from '../present/replication.ts';
import { presentDisk } from '../present/vm-context.ts';
import { wire } from '../present/wire.ts';
import { acceptReplication } from '../replications/accept.ts';
import { once, requestKey } from '../replications/once.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { IdempotencyHeader, JobIdParam } from '../schemas/fields.ts';
import {
  CancelAccepted,
  ContextAdded,
  Replication,
  ReplicationFilter,
  ReplicationList,
  ReplicationStarted,
  StartReplication,
} from '../schemas/replications.ts';

const LIMIT_DEFAULT = 100;
const CYCLES = 100;
const tag = 'replications';

export const replicationRoutes = (context: ApiContext): readonly Route[] => [
  start(context),
  list(context),
  show(context),
  stop(context),
];

const start = ({ ledger, db }: ApiContext): Route =>
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
    ],
    handle({ body, user, req }) {
      const key = requestKey(req, user, body);
      const requestId = req.res?.locals.requestId;
      return once(db, key, () => acceptReplication(ledger, { body, user, requestId, key }));
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

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/replications/{id}',
    summary: 'One replication with its disks',
    tag,
    params: JobIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the replication', schema: Replication } },
    refusals: [{ status: 404, codes: ['replication.unknown'] }],
    async handle({ params }) {
      return { status: 200, body: await detail(db, await replicationOf(db, params.id)) };
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
    body: noBody,
    answers: { 202: { description: 'it will end', schema: CancelAccepted } },
    refusals: [
      { status: 404, codes: ['replication.unknown'] },
      { status: 409, codes: ['job.terminal', 'job.committed'] },
    ],
    async handle({ params, user }) {
      await replicationOf(db, params.id);
      await cancel(ledger, params.id, { reason: 'cancelled on request', by: user });
      const { id, status } = await replicationOf(db, params.id);
      return { status: 202, body: { job_id: id, status, message: 'the job is told to stop' } };
    },
  });

/** @throws notFound `replication.unknown` */
export async function replicationOf(db: Knex, jobId: string): Promise<ReplicationRecord> {
  const found = await findReplication(db, jobId);
  if (found === undefined) throw replicationUnknown(jobId);
  return found;
}

const replicationUnknown = (jobId: string): AppError =>
  notFound('replication.unknown', `there is no replication ${jobId}`, {
    details: { jobId },
    hint: 'GET /api/v1/replications lists the replications',
  });

async function detail(db: Knex, job: ReplicationRecord): Promise<Record<string, unknown>> {
  const [disks, cycles] = await Promise.all([
    listDisks(db, { job_id: job.id }),
    cbtHistory(db, { job_id: job.id }, CYCLES),
  ]);
  const volumeIds = disks.flatMap((disk) => (disk.osseaVolumeId === null ? [] : [disk.osseaVolumeId]));
  const mounts = await mountsOf(db, volumeIds);
  return {
    ...presentReplication(job),
    source_vm: { id: job.sourceVmId, name: job.sourceVmName, path: job.sourceVmPath },
    configuration: {
      replication_type: job.replicationType,
      target_network: job.targetNetwork,
      ossea_config_id: job.osseaConfigId,
    },
    disks: disks.map(presentDisk),
    mounts: mounts.map(wire),
    cbt_history: cycles.map(wire),
  };
}
