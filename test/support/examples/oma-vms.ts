import { CLOUD_REFUSALS, STORED_CLOUD_REFUSALS } from '../../../src/api/cloud/refusals.ts';
import { GoneOmaVm } from '../gone-oma-vm.ts';
import type { Example, Examples, Request, World } from './example.ts';

const ROUTE = 'DELETE /oma-vms/{vm_id}';

/** An OMA VM that may be forgotten, but for what `change` does to it. */
async function gone(world: World, change: (vm: GoneOmaVm) => Promise<unknown>): Promise<Request> {
  if (world.cloud === undefined) return { params: { vm_id: 'nobody' } };
  const vm = await GoneOmaVm.make(world.cloud);
  await change(vm);
  return { params: { vm_id: vm.vmId } };
}

const there = (code: string, change: (world: World, vm: GoneOmaVm) => Promise<unknown>): Example => ({
  status: 409,
  code,
  when: 'a cloud',
  ask: (world) => gone(world, (vm) => change(world, vm)),
});

export const omaVmExamples: Examples = {
  [ROUTE]: [
    { status: 200, when: 'a cloud', ask: (world) => gone(world, (vm) => vm.volume({ vmId: null })) },
    { status: 404, code: 'oma-vm.not-registered', ask: () => ({ params: { vm_id: 'nobody' } }) },
    there('oma-vm.alive', ({ api }, { vmId }) =>
      api
        .db('oma_vms')
        .where({ vm_id: vmId })
        .update({ last_seen_at: api.db.fn.now(6) }),
    ),
    there('oma-vm.in-use', async ({ api }, vm) => {
      const { contextId } = await vm.volume({ vmId: null });
      const open = { status: 'running', dispatch_state: 'claimed', operation: 'replicate', queue: 'replicate' };
      const kind = { job_type: 'migration', job_category: 'replication', payload: '{}' };
      const id = `job-${contextId}`.slice(0, 64);
      await api.db('job_tracking').insert({ id, ...open, ...kind, active_context_id: contextId });
    }),
    there('oma-vm.has-volumes', (_world, vm) => vm.volume({ vmId: vm.vmId })),
    there('oma-vm.has-overlays', async (_world, vm) => {
      const { volumeId } = await vm.volume({ vmId: null });
      await vm.overlay(volumeId, 'ended', 'sealed');
    }),
  ],
};

const FAULTS = 'the same way to the cloud as of other routes: test/integration/api/oma-vms.test.ts';

export const OMA_VMS_SHOWN_ELSEWHERE: Readonly<Record<string, string>> = Object.fromEntries([
  [`${ROUTE} 409 oma-vm.configured`, 'test/integration/api/oma-vms.test.ts'],
  ...[...CLOUD_REFUSALS, ...STORED_CLOUD_REFUSALS].flatMap(({ status, codes }) =>
    codes.map((code) => [`${ROUTE} ${status} ${code}`, FAULTS] as const),
  ),
]);
