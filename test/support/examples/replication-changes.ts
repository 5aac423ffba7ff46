import { makeVolume } from '../factories.ts';
import { claim } from '../ledger-steps.ts';
import type { Example, Examples, Request, World } from './example.ts';

const params = { id: 'job-20260101-000000.000-abcdef' };
const unknown: Example = { status: 404, code: 'replication.unknown', ask: () => ({ params }) };
const withBody = (example: Example, body: object): Example => ({ ...example, ask: () => ({ params, body }) });
const network = { target_network: 'net-2' };
const stale = { 'if-match': '"of-another-state"' };

const pending = async (world: World): Promise<Request> => ({ params: { id: await world.replication() } });
const ended = async (world: World): Promise<Request> => ({ params: { id: await world.cancelled() } });

async function running(world: World): Promise<{ jobId: string; epoch: number }> {
  const jobId = await world.replication();
  const { leaseEpoch } = await claim(world.api.context.ledger, jobId);
  return { jobId, epoch: leaseEpoch };
}

/** Its point of no return is behind it. */
async function committed(world: World): Promise<Request> {
  const { jobId } = await running(world);
  await world.api.db('job_tracking').where('id', jobId).update({ workflow_committed_at: new Date() });
  return { params: { id: jobId } };
}

/** A request that an earlier one took the key of. */
async function reusedKey(world: World, method: string, path: (jobId: string) => string): Promise<Request> {
  const headers = { 'idempotency-key': world.freshName() };
  const first = method === 'DELETE' ? await world.cancelled() : await world.replication();
  await world.api.call(method, path(first), { headers });
  return { ...(await ended(world)), headers };
}

/** A mover's disk: a job that is held, whose first disk has a target. */
async function held(world: World, disk: object = {}): Promise<Request & { jobId: string }> {
  const { jobId, epoch } = await running(world);
  const { db } = world.api;
  const volume = await makeVolume(db);
  await db('vm_disks')
    .where({ job_id: jobId, disk_id: 'disk-2000' })
    .update({ ossea_volume_id: volume.id, ...disk });
  return { jobId, params: { id: jobId }, body: { change_id: 'a/1', epoch } };
}

const changeIds: Examples = {
  'GET /replications/changeid': [
    { status: 200, ask: () => ({ query: '?vm_path=%2FDC%2Fvm%2Fweb01&disk_id=disk-2000' }) },
    {
      status: 409,
      code: 'context.ambiguous',
      ask: async (world) => {
        const name = world.freshName();
        for (const host of ['vc1', 'vc2']) await world.vm(name, { vcenter_host: host });
        return { query: `?vm_path=${encodeURIComponent(`/DC/vm/${name}`)}` };
      },
    },
  ],
  'POST /replications/{id}/changeid': [
    { status: 200, ask: (world) => held(world) },
    withBody(unknown, { change_id: 'a/1', epoch: 1 }),
    {
      status: 404,
      code: 'replication.disk-unknown',
      ask: async (world) => {
        const request = await held(world);
        return { ...request, body: { ...(request.body as object), disk_id: 'disk-9' } };
      },
    },
    {
      status: 409,
      code: 'changeid.stale-epoch',
      ask: async (world) => ({ ...(await held(world)), body: { change_id: 'a/1', epoch: 99 } }),
    },
    {
      status: 409,
      code: 'changeid.own-copy',
      ask: async (world) => {
        const request = await held(world);
        await world.api.db('job_steps').insert({ job_id: request.jobId, name: 'open-source', seq: 1 });
        return request;
      },
    },
    { status: 409, code: 'changeid.no-target', ask: (world) => held(world, { ossea_volume_id: null }) },
    {
      status: 409,
      code: 'changeid.export-open',
      ask: async (world) => {
        const request = await held(world);
        const { db } = world.api;
        const [volumeId = ''] = await db('ossea_volumes')
          .join('vm_disks', 'vm_disks.ossea_volume_id', 'ossea_volumes.id')
          .where('vm_disks.job_id', request.jobId)
          .pluck<string[]>('ossea_volumes.volume_id');
        await db('nbd_exports').insert({
          id: volumeId,
          volume_id: volumeId,
          export_name: `migration-vol-${volumeId}`,
          device_path: '/dev/vdb',
          status: 'active',
          metadata: '{}',
        });
        return request;
      },
    },
    {
      status: 409,
      code: 'changeid.not-successor',
      ask: async (world) => {
        const request = await held(world);
        return { ...request, body: { ...(request.body as object), previous_change_id: 'a/0' } };
      },
    },
  ],
};

/** A replication that has ended, with something that forbids its deletion. */
async function forbidden(world: World, forbid: (contextId: string) => Promise<unknown>): Promise<Request> {
  const contextId = await world.vm();
  const id = await world.cancelled(contextId);
  await forbid(contextId);
  return { params: { id } };
}

export const replicationChangeExamples: Examples = {
  ...changeIds,
  'GET /replications/{id}': [
    { status: 200, ask: pending },
    {
      status: 304,
      ask: async (world) => {
        const request = await pending(world);
        const seen = await world.api.call('GET', `/replications/${request.params?.['id']}`);
        return { ...request, headers: { 'if-none-match': seen.headers.get('etag') ?? '' } };
      },
    },
    unknown,
  ],
  'PUT /replications/{id}': [
    { status: 200, ask: async (world) => ({ ...(await pending(world)), body: network }) },
    { status: 202, ask: async (world) => ({ ...(await pending(world)), body: { status: 'cancelled' } }) },
    {
      status: 400,
      code: 'replication.read-only',
      ask: async (world) => ({ ...(await pending(world)), body: { progress_percent: 100 } }),
    },
    {
      status: 400,
      code: 'bandwidth.too-low',
      ask: async (world) => ({ ...(await pending(world)), body: { bandwidth_limit_bytes_per_s: 100 } }),
    },
    withBody(unknown, network),
    {
      status: 409,
      code: 'job.terminal',
      ask: async (world) => ({ ...(await ended(world)), body: { status: 'cancelled' } }),
    },
    {
      status: 409,
      code: 'job.committed',
      ask: async (world) => ({ ...(await committed(world)), body: { status: 'cancelled' } }),
    },
    {
      status: 412,
      code: 'request.stale',
      ask: async (world) => ({ ...(await pending(world)), body: network, headers: stale }),
    },
  ],
  'DELETE /replications/{id}': [
    { status: 202, ask: ended },
    unknown,
    { status: 409, code: 'replication.active', ask: pending },
    {
      status: 409,
      code: 'replication.failed-over',
      ask: (world) =>
        forbidden(world, (contextId) =>
          world.api
            .db('vm_replication_contexts')
            .where('context_id', contextId)
            .update({ current_status: 'failed_over_test' }),
        ),
    },
    {
      status: 409,
      code: 'failover.active',
      ask: (world) =>
        forbidden(world, (contextId) =>
          world.api.db('failover_jobs').insert({
            job_id: `failover-${contextId}`,
            vm_id: contextId,
            vm_context_id: contextId,
            job_type: 'test',
            status: 'validating',
            source_vm_name: 'vm',
          }),
        ),
    },
    { status: 409, code: 'context.busy', ask: (world) => forbidden(world, (id) => world.replication(id)) },
    { status: 412, code: 'request.stale', ask: async (world) => ({ ...(await ended(world)), headers: stale }) },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) => reusedKey(world, 'DELETE', (jobId) => `/replications/${jobId}`),
    },
  ],
  'POST /replications/{id}/cancel': [
    { status: 202, ask: pending },
    unknown,
    { status: 409, code: 'job.terminal', ask: ended },
    { status: 409, code: 'job.committed', ask: committed },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) => reusedKey(world, 'POST', (jobId) => `/replications/${jobId}/cancel`),
    },
  ],
};
