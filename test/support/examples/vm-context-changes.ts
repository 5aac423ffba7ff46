import type { Example, Examples, Request, World } from './example.ts';

const params = { context_id: 'ctx-nobody' };

const assigned = async (world: World, change: Record<string, unknown> = {}): Promise<Request> => ({
  params: { context_id: await world.vm() },
  body: { credential_id: await world.credential({ vcenter_host: 'vc1', ...change }) },
});

const vmParams = async (world: World, contextId?: string): Promise<Request> => ({
  params: { context_id: contextId ?? (await world.vm()) },
});

async function withFailover(world: World): Promise<Request> {
  const contextId = await world.vm();
  await world.api.db('failover_jobs').insert({
    job_id: world.freshName(),
    vm_id: 'uuid',
    vm_context_id: contextId,
    job_type: 'test',
    status: 'validating',
    source_vm_name: 'vm',
  });
  return vmParams(world, contextId);
}

const unknown: Example = { status: 404, code: 'context.unknown', ask: () => ({ params }) };

export const vmContextChangeExamples: Examples = {
  'PUT /vm-contexts/{context_id}/credential': [
    { status: 200, ask: (world) => assigned(world) },
    { ...unknown, ask: async (world) => ({ ...(await assigned(world)), params }) },
    {
      status: 404,
      code: 'credential.unknown',
      ask: async (world) => ({ ...(await assigned(world)), body: { credential_id: 1_000_000_000 } }),
    },
    { status: 409, code: 'credential.inactive', ask: (world) => assigned(world, { is_active: false }) },
    { status: 409, code: 'credential.other-vcenter', ask: (world) => assigned(world, { vcenter_host: 'vc2' }) },
  ],
  'DELETE /vm-contexts/by-id/{context_id}': [
    { status: 202, ask: (world) => vmParams(world) },
    unknown,
    {
      status: 409,
      code: 'context.failed-over',
      ask: async (world) => vmParams(world, await world.inStatus('failed_over_live')),
    },
    { status: 409, code: 'failover.active', ask: withFailover },
    {
      status: 409,
      code: 'context.busy',
      ask: async (world) => {
        const contextId = await world.vm();
        await world.replication(contextId);
        return vmParams(world, contextId);
      },
    },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: async (world) => {
        const headers = { 'idempotency-key': world.freshName() };
        await world.api.call('POST', '/replications', { body: { context_id: await world.vm() }, headers });
        return { ...(await vmParams(world)), headers };
      },
    },
  ],
};
