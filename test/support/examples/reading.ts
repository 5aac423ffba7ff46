import type { Example, Examples, Request, World } from './example.ts';

const ofContext: readonly Example[] = [
  { status: 200, ask: async (world) => ({ params: { context_id: await world.vm() } }) },
  { status: 404, code: 'context.unknown', ask: () => ({ params: { context_id: 'ctx-none' } }) },
];

/** Of a client that has the state already. */
const unchanged = (requestOf: (world: World) => Promise<Request>, pathOf: (request: Request) => string): Example => ({
  status: 304,
  ask: async (world) => {
    const request = await requestOf(world);
    const seen = await world.api.call('GET', pathOf(request));
    return { ...request, headers: { 'if-none-match': seen.headers.get('etag') ?? '' } };
  },
});

const ofJob = async (world: World): Promise<Request> => ({ params: { id: await world.replication() } });

const byId = async (world: World): Promise<Request> => ({ params: { context_id: await world.vm() } });

async function byName(world: World): Promise<Request> {
  const name = world.freshName();
  await world.vm(name);
  return { params: { vm_name: name } };
}

export const readingExamples: Examples = {
  'GET /health': [{ status: 200, ask: () => ({}) }],
  'GET /health/live': [{ status: 200, ask: () => ({}) }],
  'GET /health/ready': [
    { status: 200, ask: () => ({}) },
    { status: 503, code: 'db.unreachable', when: 'no database', ask: () => ({}) },
  ],
  'GET /openapi.json': [
    { status: 200, ask: () => ({}) },
    unchanged(
      () => Promise.resolve({}),
      () => '/openapi.json',
    ),
  ],
  'GET /vm-contexts': [{ status: 200, ask: () => ({ query: '?limit=2' }) }],
  'GET /vm-contexts/ungrouped': [{ status: 200, ask: () => ({ query: '?limit=2' }) }],
  'GET /vm-contexts/{context_id}/disks': ofContext,
  'GET /vm-contexts/{context_id}/recent-jobs': ofContext,
  'GET /vm-contexts/by-id/{context_id}': [
    ...ofContext,
    unchanged(byId, ({ params }) => `/vm-contexts/by-id/${params?.['context_id']}`),
  ],

  'GET /vm-contexts/{vm_name}': [
    { status: 200, ask: byName },
    unchanged(byName, ({ params }) => `/vm-contexts/${params?.['vm_name']}`),
    { status: 404, code: 'context.unknown-name', ask: () => ({ params: { vm_name: 'nobody' } }) },
    {
      status: 409,
      code: 'context.ambiguous',
      ask: async (world) => {
        const name = world.freshName();
        for (const host of ['vc1', 'vc2']) await world.vm(name, { vcenter_host: host });
        return { params: { vm_name: name } };
      },
    },
  ],
  'GET /jobs': [{ status: 200, ask: () => ({ query: '?limit=2&status=pending' }) }],
  'GET /jobs/{id}': [
    { status: 200, ask: async (world) => ({ params: { id: await world.replication() } }) },
    { status: 404, code: 'job.unknown', ask: () => ({ params: { id: 'job-none' } }) },
  ],
  'GET /jobs/{id}/logs': [
    { status: 200, ask: async (world) => ({ params: { id: await world.replication() }, query: '?limit=2' }) },
    { status: 404, code: 'job.unknown', ask: () => ({ params: { id: 'job-none' } }) },
  ],
  'GET /events': [
    { status: 200, ask: () => ({ query: '?last_event_id=0' }) },
    { status: 503, code: 'events.too-many-streams', when: 'streams taken', ask: () => ({}) },
    { status: 503, code: 'events.shutdown', when: 'ending', ask: () => ({}) },
  ],
  'GET /jobs/{id}/events': [
    { status: 200, ask: ofJob },
    { status: 503, code: 'events.too-many-streams', when: 'streams taken', ask: ofJob },
    { status: 503, code: 'events.shutdown', when: 'ending', ask: ofJob },
    { status: 404, code: 'job.unknown', ask: () => ({ params: { id: 'job-none' } }) },
  ],
};
