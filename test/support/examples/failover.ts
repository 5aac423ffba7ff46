import { randomUUID } from 'node:crypto';
import { sourceVm } from '../api.ts';
import { addFailover, readyVm, type ReadyVm } from '../ready-vm.ts';
import type { Example, Examples, Request, World } from './example.ts';

const body = ({ contextId, vmName }: ReadyVm, more: object = {}): Request => ({
  body: { context_id: contextId, vm_id: `uuid-${vmName}`, vm_name: vmName, ...more },
});
const unified = ({ contextId, vmName }: ReadyVm, more: object = {}): Request => ({
  body: {
    context_id: contextId,
    vmware_vm_id: `uuid-${vmName}`,
    vm_name: vmName,
    failover_type: 'live',
    power_off_source: true,
    ...more,
  },
});
type Ask = (vm: ReadyVm, more?: object) => Request;

const NOBODY: ReadyVm = { contextId: 'ctx-none', vmName: 'nobody' };
const setStatus = (world: World, { contextId }: ReadyVm, status: string) =>
  world.api.db('vm_replication_contexts').where('context_id', contextId).update({ current_status: status });

async function withKey(world: World, path: string, ask: () => Promise<Request>): Promise<Request> {
  const headers = { 'idempotency-key': randomUUID() };
  const first = await ask();
  const [method, address = ''] = path.split(' ');
  const url = address.replace(/\{(\w+)\}/g, (_match, name: string) => first.params?.[name] ?? '');
  await world.api.call(method ?? 'POST', url, { headers, body: first.body });
  return { ...(await ask()), headers };
}

/** What is refused of a request for a failover, whichever route it comes by. */
const starting = (path: string, ask: Ask): Example[] => [
  { status: 400, code: 'failover.other-vm', ask: async (world) => ask({ ...(await readyVm(world)), vmName: 'other' }) },
  {
    status: 400,
    code: 'failover.options',
    ask: async (world) => ask(await readyVm(world), { custom_config: { commit_after: '1h' } }),
  },
  { status: 404, code: 'context.unknown', ask: () => ask(NOBODY) },
  {
    status: 409,
    code: 'context.busy',
    ask: async (world) => {
      const vm = await readyVm(world);
      await world.replication(vm.contextId);
      await setStatus(world, vm, 'ready_for_failover');
      return ask(vm);
    },
  },
  {
    status: 409,
    code: 'failover.not-allowed',
    ask: async (world) => {
      const vm = await readyVm(world);
      await setStatus(world, vm, 'failed_over_test');
      return ask(vm);
    },
  },
  {
    status: 409,
    code: 'failover.no-usable-copy',
    ask: async (world) => {
      const vm = await readyVm(world);
      await world.api.db('vm_disks').where('vm_context_id', vm.contextId).update({ target_generation: 9 });
      return ask(vm);
    },
  },
  {
    status: 409,
    code: 'failover.not-ready',
    ask: async (world) => {
      const vm = await readyVm(world);
      await world.api.db('ossea_volumes').where('vm_context_id', vm.contextId).update({ size_bytes: 1 });
      return ask(vm);
    },
  },
  {
    status: 422,
    code: 'idempotency.key-reused',
    ask: (world) => withKey(world, path, async () => ask(await readyVm(world))),
  },
];

interface Standing {
  readonly type?: 'live' | 'test';
  readonly status?: string;
  readonly context?: string;
  readonly committed?: boolean;
}

/** A VM whose failover ended. */
async function standing(world: World, of: Standing = {}) {
  const { type = 'live', status = 'completed', context = `failed_over_${type}` } = of;
  const vm = await readyVm(world);
  const jobId = await addFailover(world.api.db, vm, { type, status, committed: of.committed === true });
  await setStatus(world, vm, context);
  return { ...vm, jobId };
}

type Stood = Awaited<ReturnType<typeof standing>>;

/** What is refused of the ways out, by what stands. */
const standingRefusals = (ask: (stood: Stood) => Request, type: 'live' | 'test'): Example[] => [
  {
    status: 409,
    code: 'failover.running',
    ask: async (world) => ask(await standing(world, { type, status: 'creating_vm' })),
  },
  {
    status: 409,
    code: 'failover.committed',
    ask: async (world) => ask(await standing(world, { type, committed: true, context: 'completed' })),
  },
  {
    status: 409,
    code: 'failover.not-standing',
    ask: async (world) => ask(await standing(world, { type, context: 'ready_for_failover' })),
  },
  {
    status: 409,
    code: 'context.busy',
    ask: async (world) => {
      const stood = await standing(world, { type });
      await world.api
        .db('vm_replication_contexts')
        .where('context_id', stood.contextId)
        .update({ current_status: 'failed' });
      await world.replication(stood.contextId);
      await setStatus(world, stood, `failed_over_${type}`);
      return ask(stood);
    },
  },
];

const byId = ({ jobId }: Stood): Request => ({ params: { job_id: jobId } });
const byName = ({ vmName }: ReadyVm): Request => ({ params: { vm_name: vmName } });
const unknownJob: Example = {
  status: 404,
  code: 'failover.unknown',
  ask: () => ({ params: { job_id: 'failover-none' } }),
};

async function twice(world: World): Promise<string> {
  const name = world.freshName();
  for (const host of ['vc1', 'vc2']) await world.vm(name, { vcenter_host: host, source_vm: sourceVm(name) });
  return name;
}

const vmRefusals = (param: string, more: Record<string, string> = {}): Example[] => [
  { status: 404, code: 'context.unknown-name', ask: () => ({ params: { ...more, [param]: 'nobody' } }) },
  {
    status: 409,
    code: 'context.ambiguous',
    ask: async (world) => ({ params: { ...more, [param]: await twice(world) } }),
  },
];

const cleaning = (stood: ReadyVm, more: object = {}): Request => ({ ...byName(stood), ...body(stood, more) });

const lookingAtVm = (query?: string): Example[] => [
  {
    status: 200,
    ask: async (world) => ({
      params: { vm_id: (await readyVm(world)).vmName },
      ...(query === undefined ? {} : { query }),
    }),
  },
  ...vmRefusals('vm_id'),
];

export const failoverExamples: Examples = {
  'POST /failover/live': [
    { status: 202, ask: async (world) => body(await readyVm(world), { notification_config: { mail: 'x' } }) },
    ...starting('POST /failover/live', body),
  ],
  'POST /failover/test': [
    {
      status: 202,
      when: 'a cloud',
      ask: async (world) => body(await readyVm(world), { test_duration: '30m', auto_cleanup: true }),
    },
    // Whether its network is isolated only CloudStack can say.
    ...starting('POST /failover/test', body).map((example) =>
      example.code === 'idempotency.key-reused' ? { ...example, when: 'a cloud' as const } : example,
    ),
  ],
  'POST /failover/unified': [
    { status: 202, ask: async (world) => unified(await readyVm(world)) },
    ...starting('POST /failover/unified', unified),
  ],
  'POST /failover/rollback': [
    {
      status: 202,
      ask: async (world) => body(await standing(world), { failover_type: 'live', power_on_source: true }),
    },
    {
      status: 400,
      code: 'failover.other-vm',
      ask: async (world) => body({ ...(await standing(world)), vmName: 'x' }, { failover_type: 'live' }),
    },
    { status: 404, code: 'context.unknown', ask: () => body(NOBODY, { failover_type: 'live' }) },
    { status: 404, code: 'failover.none', ask: async (world) => body(await readyVm(world), { failover_type: 'live' }) },
    {
      status: 409,
      code: 'failover.other-type',
      ask: async (world) => body(await standing(world), { failover_type: 'test' }),
    },
    ...standingRefusals((stood) => body(stood, { failover_type: 'live' }), 'live'),
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) =>
        withKey(world, 'POST /failover/rollback', async () => body(await standing(world), { failover_type: 'live' })),
    },
  ],
  'DELETE /failover/test/{job_id}': [
    { status: 202, ask: async (world) => byId(await standing(world, { type: 'test' })) },
    { status: 400, code: 'failover.is-live', ask: async (world) => byId(await standing(world)) },
    unknownJob,
    ...standingRefusals(byId, 'test'),
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) =>
        withKey(world, 'DELETE /failover/test/{job_id}', async () => byId(await standing(world, { type: 'test' }))),
    },
  ],
  'POST /failover/cleanup/{vm_name}': [
    { status: 202, ask: async (world) => cleaning(await standing(world, { type: 'test' })) },
    {
      status: 400,
      code: 'failover.other-vm',
      ask: async (world) => {
        const stood = await standing(world, { type: 'test' });
        return { ...byName(stood), ...body({ ...stood, vmName: 'x' }) };
      },
    },
    { status: 400, code: 'failover.is-live', ask: async (world) => cleaning(await standing(world)) },
    {
      status: 404,
      code: 'context.unknown',
      ask: async (world) => ({ ...byName(await readyVm(world)), ...body(NOBODY) }),
    },
    { status: 404, code: 'context.unknown-name', ask: () => cleaning(NOBODY) },
    { status: 404, code: 'failover.none', ask: async (world) => cleaning(await readyVm(world)) },
    {
      status: 409,
      code: 'context.ambiguous',
      ask: async (world) => cleaning({ contextId: 'ctx-none', vmName: await twice(world) }),
    },
    ...standingRefusals((stood) => cleaning(stood), 'test'),
    {
      status: 409,
      code: 'failover.nothing-failed',
      ask: async (world) => cleaning(await standing(world, { type: 'test' }), { cleanup_type: 'failed' }),
    },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) =>
        withKey(world, 'POST /failover/cleanup/{vm_name}', async () =>
          cleaning(await standing(world, { type: 'test' })),
        ),
    },
  ],
  'POST /failover/{vm_name}/cleanup-failed': [
    {
      status: 202,
      ask: async (world) => byName(await standing(world, { status: 'failed', context: 'cleanup_required' })),
    },
    ...vmRefusals('vm_name'),
    { status: 404, code: 'failover.none', ask: async (world) => byName(await readyVm(world)) },
    ...standingRefusals(byName, 'live').filter(({ code }) => code === 'failover.running'),
    {
      status: 409,
      code: 'context.busy',
      ask: async (world) => {
        const stood = await standing(world, { status: 'failed', context: 'failed' });
        await world.replication(stood.contextId);
        return byName(stood);
      },
    },
    { status: 409, code: 'failover.nothing-failed', ask: async (world) => byName(await standing(world)) },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) =>
        withKey(world, 'POST /failover/{vm_name}/cleanup-failed', async () =>
          byName(await standing(world, { status: 'failed', context: 'cleanup_required' })),
        ),
    },
  ],
  'POST /failover/{job_id}/commit': [
    { status: 202, ask: async (world) => byId(await standing(world)) },
    unknownJob,
    ...standingRefusals(byId, 'live'),
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) => withKey(world, 'POST /failover/{job_id}/commit', async () => byId(await standing(world))),
    },
  ],
  'POST /failover/{job_id}/cancel': [
    { status: 202, ask: running },
    unknownJob,
    { status: 409, code: 'job.terminal', ask: async (world) => byId(await standing(world)) },
    {
      status: 409,
      code: 'job.committed',
      ask: async (world) => {
        const request = await running(world);
        const id = request.params?.['job_id'] ?? '';
        await world.api
          .db('job_tracking')
          .where('id', id)
          .update({ workflow_committed_at: world.api.db.raw('now(6)') });
        return request;
      },
    },
    {
      status: 422,
      code: 'idempotency.key-reused',
      ask: (world) => withKey(world, 'POST /failover/{job_id}/cancel', () => running(world)),
    },
  ],
  'GET /failover/jobs': [{ status: 200, ask: () => ({ query: '?type=live&limit=1' }) }],
  'GET /failover/preflight/config/{failover_type}/{vm_name}': [
    {
      status: 200,
      ask: async (world) => ({ params: { failover_type: 'test', vm_name: (await readyVm(world)).vmName } }),
    },
    {
      status: 400,
      code: 'failover.unknown-type',
      ask: async (world) => ({ params: { failover_type: 'real', vm_name: (await readyVm(world)).vmName } }),
    },
    ...vmRefusals('vm_name', { failover_type: 'live' }),
  ],
  'POST /failover/preflight/validate': [
    { status: 200, ask: async (world) => unified(await readyVm(world)) },
    ...starting('', unified).filter(({ status }) => status === 400 || status === 404),
  ],
  'GET /failover/rollback/decision/{failover_type}/{vm_name}': [
    {
      status: 200,
      ask: async (world) => ({ params: { failover_type: 'live', vm_name: (await readyVm(world)).vmName } }),
    },
    {
      status: 400,
      code: 'failover.unknown-type',
      ask: async (world) => ({ params: { failover_type: 'real', vm_name: (await readyVm(world)).vmName } }),
    },
    ...vmRefusals('vm_name', { failover_type: 'live' }),
  ],
  'GET /failover/{job_id}/status': [{ status: 200, ask: async (world) => byId(await standing(world)) }, unknownJob],
  'GET /failover/{vm_id}/readiness': lookingAtVm('?type=test'),
  'GET /vms/{vm_id}/failover-readiness': lookingAtVm('?type=live&power_off_source=false'),
  'GET /vms/{vm_id}/sync-status': lookingAtVm(),
  'GET /vms/{vm_id}/network-mapping-status': lookingAtVm(),
  'GET /vms/{vm_id}/volume-status': lookingAtVm(),
  'GET /vms/{vm_id}/active-jobs': lookingAtVm(),
  'GET /vms/{vm_id}/configuration-check': lookingAtVm(),
};

/** A failover that waits for a worker. */
async function running(world: World): Promise<Request> {
  const accepted = await world.api.call('POST', '/failover/live', body(await readyVm(world)));
  if (accepted.status !== 202) throw new Error(`not accepted: ${JSON.stringify(accepted.body)}`);
  return { params: { job_id: String(accepted.body['job_id']) } };
}
