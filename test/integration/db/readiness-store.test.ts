import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readinessFacts } from '../../../src/db/stores/readiness-store.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { World } from '../../support/examples/example.ts';
import { readyVm } from '../../support/ready-vm.ts';

let api: TestApi;
let world: World;
beforeAll(async () => {
  api = await startTestApi();
  world = new World(api);
  await world.reset();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

test('readiness is judged by what the rows say', async () => {
  const { db } = api;
  const { contextId, vmName } = await readyVm(world);
  const other = await readyVm(world);
  const [volume] = await db('ossea_volumes')
    .where('vm_context_id', contextId)
    .select<{ volume_id: string; name: string }[]>();
  const volumeId = volume?.volume_id ?? '';
  await db('device_mappings').insert({
    id: randomUUID(),
    volume_uuid: volumeId,
    vm_context_id: contextId,
    vm_id: 'oma-1',
    operation_mode: 'oma',
    device_path: '/dev/vdb',
    cloudstack_state: 'attached',
    linux_state: 'missing',
    linux_reason: 'no such serial',
    size: 1,
    last_sync: db.raw('now(3)'),
  });
  const finding = {
    volume_id: volumeId,
    name: 'v',
    text: 'text',
    details: '{}',
    first_seen_at: db.fn.now(),
    last_seen_at: db.fn.now(),
  };
  await db('volume_findings').insert([
    { ...finding, kind: 'device', looks: 2 },
    { ...finding, kind: 'gone', looks: 1 },
  ]);
  await db('vm_replication_contexts')
    .where('context_id', contextId)
    .update({ unreplicated_disks: '["disk-2001"]', commit_snapshot_at: '2026-01-14 09:00:00.000' });
  const jobId = await world.replication(contextId);

  const facts = await readinessFacts(db, contextId);
  expect(facts).toMatchObject({
    vm: {
      contextId,
      vmName,
      isFolder: false,
      powerState: 'poweredOn',
      osFamily: 'windows',
      cpuCount: 2,
      memoryMb: 8192,
      hasCredential: true,
      sourceDiskIds: ['disk-2000'],
      unreplicatedDisks: ['disk-2001'],
      adapters: [{ networkName: 'VM Network', macAddress: '00:50:56:00:00:01' }],
      committedPointAt: new Date('2026-01-14T09:00:00Z'),
    },
    disks: [
      {
        diskId: 'disk-2000',
        capacityBytes: 1024 ** 3,
        changeId: '52 de/1',
        targetGeneration: 1,
        committedGeneration: 1,
        isDirty: false,
        volume: {
          volumeId,
          sizeBytes: 1024 ** 3,
          overlay: null,
          place: { vmId: 'oma-1', mode: 'oma', linuxState: 'missing', linuxReason: 'no such serial' },
        },
      },
    ],
    mappings: [
      { destinationNetworkId: 'network-live', isTestNetwork: false },
      { destinationNetworkId: 'network-test', isTestNetwork: true },
    ],
    activeJobs: [{ jobId, operation: 'sync-cbt', status: 'pending' }],
    target: { name: 'cloud', omaVmId: 'oma-1' },
    volumeFindings: [{ volumeId, kind: 'device', text: 'text' }],
  });
  const uses = facts?.networkUses.map(({ destinationNetworkId, isTest, vms }) => [destinationNetworkId, isTest, vms]);
  expect(uses).toEqual(
    expect.arrayContaining([
      ['network-live', false, 2],
      ['network-test', true, 2],
    ]),
  );
  expect((await readinessFacts(db, contextId, { exceptJobId: jobId }))?.activeJobs).toEqual([]);
  expect((await readinessFacts(db, other.contextId))?.volumeFindings).toEqual([]);
  expect(await readinessFacts(db, 'ctx-none')).toBeUndefined();
});
