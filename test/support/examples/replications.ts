import { addTarget, sourceVm } from '../api.ts';
import type { Examples, World } from './example.ts';

const unknown = () => ({ params: { id: 'job-20260101-000000.000-abcdef' } });
const ofJob = async (world: World) => ({ params: { id: await world.replication() } });

/** A VM whose target cloud was changed. */
async function withTarget(world: World, change: Record<string, unknown>) {
  const body = { context_id: await world.vm() };
  await world.api.db('ossea_configs').update(change);
  return { body };
}

export const replicationExamples: Examples = {
  'POST /replications': [
    { status: 202, ask: async (world) => ({ body: { context_id: await world.vm() } }) },
    {
      status: 201,
      ask: (world) => ({
        body: { source_vm: sourceVm(world.freshName()), vcenter_host: 'vc1', start_replication: false },
      }),
    },
    {
      status: 400,
      code: 'bandwidth.too-low',
      ask: async (world) => ({ body: { context_id: await world.vm(), bandwidth_limit_bytes_per_s: 100 } }),
    },
    { status: 404, code: 'context.unknown', ask: () => ({ body: { context_id: 'ctx-none' } }) },
    { status: 404, code: 'context.unknown-name', ask: () => ({ body: { vm_name: 'nobody' } }) },
    {
      status: 409,
      code: 'context.busy',
      ask: async (world) => {
        const contextId = await world.vm();
        await world.replication(contextId);
        return { body: { context_id: contextId } };
      },
    },
    {
      status: 409,
      code: 'replication.not-allowed',
      ask: async (world) => ({ body: { context_id: await world.inStatus('failed_over_live') } }),
    },
    {
      status: 409,
      code: 'context.ambiguous',
      ask: async (world) => {
        const name = world.freshName();
        for (const host of ['vc1', 'vc2']) await world.vm(name, { vcenter_host: host });
        return { body: { vm_name: name } };
      },
    },
    {
      status: 409,
      code: 'context.exists',
      ask: async (world) => {
        const name = world.freshName();
        await world.vm(name);
        return { body: { source_vm: sourceVm(name), vcenter_host: 'vc1', start_replication: false } };
      },
    },
    {
      status: 409,
      code: 'context.other-vm',
      ask: async (world) => {
        const name = world.freshName();
        await world.vm(name);
        return { body: { source_vm: sourceVm(name, { id: 'uuid-other' }), vcenter_host: 'vc1' } };
      },
    },
    {
      status: 409,
      code: 'context.renamed',
      ask: async (world) => {
        const name = world.freshName();
        await world.vm(name);
        return { body: { source_vm: sourceVm('renamed', { id: `uuid-${name}` }), vcenter_host: 'vc1' } };
      },
    },
    {
      status: 409,
      code: 'replication.other-target',
      ask: async (world) => {
        const { db } = world.api;
        const contextId = await world.vm();
        await world.cancelled(contextId);
        const [volume] = await db('ossea_volumes').insert({ volume_id: contextId, name: 'v', size_gb: 1 });
        await db('vm_disks').where('vm_context_id', contextId).update({ ossea_volume_id: volume });
        return { body: { context_id: contextId, ossea_config_id: await addTarget(db, { name: 'second' }) } };
      },
    },
    { status: 422, code: 'ossea-config.missing', ask: (world) => withTarget(world, { is_active: false }) },
    { status: 422, code: 'ossea-config.incomplete', ask: (world) => withTarget(world, { zone: '' }) },
    {
      status: 422,
      code: 'ossea-config.ambiguous',
      ask: async (world) => {
        await addTarget(world.api.db, { name: 'second' });
        return { body: { context_id: await world.vm() } };
      },
    },
    {
      status: 422,
      code: 'replication.no-disks',
      ask: async (world) => {
        const name = world.freshName();
        return { body: { context_id: await world.vm(name, { source_vm: sourceVm(name, { disks: [] }) }) } };
      },
    },
    {
      status: 422,
      code: 'replication.vcenter-needed',
      ask: (world) => ({ body: { source_vm: sourceVm(world.freshName()) } }),
    },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: async (world) => {
        const headers = { 'idempotency-key': world.freshName() };
        await world.api.call('POST', '/replications', { headers, body: { context_id: await world.vm() } });
        return { headers, body: { context_id: await world.vm() } };
      },
    },
  ],
  'GET /replications': [{ status: 200, ask: () => ({ query: '?limit=2' }) }],
  'GET /replications/{id}/progress': [
    { status: 200, ask: ofJob },
    { status: 404, code: 'replication.unknown', ask: unknown },
  ],
  'GET /progress/{job_id}': [
    { status: 200, ask: async (world) => ({ params: { job_id: await world.replication() } }) },
    { status: 404, code: 'replication.unknown', ask: () => ({ params: { job_id: 'job-none' } }) },
  ],
};
