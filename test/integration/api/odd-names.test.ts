import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addTarget, sourceVm, startTestApi, type Reply, type TestApi } from '../../support/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const add = (vm: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Reply> =>
  api.call('POST', '/replications', {
    body: { source_vm: vm, vcenter_host: 'vc1.example', start_replication: false, ...more },
  });

test('a vCenter whose name is written in other letters is the same one', async () => {
  expect((await add(sourceVm('web01'))).status).toBe(201);

  expect(await add(sourceVm('web01'), { vcenter_host: 'VC1.example' })).toMatchObject({
    body: { code: 'context.exists' },
  });
  const twin = await add(sourceVm('web01', { id: 'uuid-other' }), { vcenter_host: 'VC1.EXAMPLE' });
  expect(twin).toMatchObject({ status: 409, body: { code: 'context.other-vm' } });
  expect((await api.call('GET', '/vm-contexts/web01?vcenter_host=VC1.example')).status).toBe(200);
  const body = { vm_name: 'web01', vcenter_host: 'Vc1.Example' };
  expect((await api.call('POST', '/replications', { body })).status).toBe(202);
});

test.each([
  ['cpus', { cpus: 2 ** 31 }, 'source_vm.cpus'],
  ['memory_mb', { memory_mb: 2 ** 53 - 1 }, 'source_vm.memory_mb'],
  ['a disk of more than 1 PiB', { disks: [{ id: 'd', size_gb: 2 ** 20 + 1 }] }, 'source_vm.disks.0.size_gb'],
  ['a unit_number', { disks: [{ id: 'd', size_gb: 1, unit_number: 2 ** 31 }] }, 'source_vm.disks.0.unit_number'],
  ['two disks that differ in a space', { disks: [{ id: 'd ', size_gb: 1 }] }, 'source_vm.disks.0.id'],
])('%s beyond what the database holds is refused at the door', async (_what, change, path) => {
  const refused = await add(sourceVm('large', change));
  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  expect(refused.body['errors']).toContainEqual({ path, message: expect.any(String) });
});

test('half a surrogate pair, which no database can keep, is refused at the door', async () => {
  const body = '{"source_vm":{"id":"a","name":"b","path":"c","annotation":"\\ud800"},"vcenter_host":"vc1"}';
  expect(await api.call('POST', '/replications', { body })).toMatchObject({
    status: 400,
    body: { code: 'request.malformed' },
  });
});
