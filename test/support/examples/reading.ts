import type { Example, Examples } from './example.ts';

const ofContext: readonly Example[] = [
  { status: 200, ask: async (world) => ({ params: { context_id: await world.vm() } }) },
  { status: 404, code: 'context.unknown', ask: () => ({ params: { context_id: 'ctx-none' } }) },
];

export const readingExamples: Examples = {
  'GET /health': [{ status: 200, ask: () => ({}) }],
  'GET /health/live': [{ status: 200, ask: () => ({}) }],
  'GET /health/ready': [{ status: 200, ask: () => ({}) }],
  'GET /openapi.json': [{ status: 200, ask: () => ({}) }],
  'GET /vm-contexts': [{ status: 200, ask: () => ({ query: '?limit=2' }) }],
  'GET /vm-contexts/ungrouped': [{ status: 200, ask: () => ({ query: '?limit=2' }) }],
  'GET /vm-contexts/{context_id}/disks': ofContext,
  'GET /vm-contexts/{context_id}/recent-jobs': ofContext,
  'GET /vm-contexts/by-id/{context_id}': ofContext,

  'GET /vm-contexts/{vm_name}': [
    {
      status: 200,
      ask: async (world) => {
        const name = world.freshName();
        await world.vm(name);
        return { params: { vm_name: name } };
      },
    },
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
};
