import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Reply } from '../../support/api.ts';
import { CloudStand } from '../../support/cloud-stand.ts';
import { makeJob } from '../../support/factories.ts';
import { GoneOmaVm } from '../../support/gone-oma-vm.ts';

jest.setTimeout(60_000);

let stand: CloudStand;
let gone: GoneOmaVm;
beforeAll(async () => {
  stand = await CloudStand.start();
});
afterAll(async () => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  await stand.forget();
  await stand.api.db('device_mappings').delete();
  await stand.api.db('volume_overlays').delete();
  await stand.configured();
  gone = await GoneOmaVm.make(stand);
});

const forget = (query = ''): Promise<Reply> => stand.api.call('DELETE', `/oma-vms/${gone.vmId}${query}`);
const rowsOf = (table: string, column: string, value: string): Promise<Record<string, unknown>[]> =>
  stand.api.db(table).where(column, value).select<Record<string, unknown>[]>();

async function diskOf(contextId: string): Promise<Record<string, unknown> | undefined> {
  return (await rowsOf('vm_disks', 'vm_context_id', contextId))[0];
}

/** Nothing of it has changed. */
async function expectKept(volumeIds: readonly string[]): Promise<void> {
  await expect(rowsOf('oma_vms', 'vm_id', gone.vmId)).resolves.toHaveLength(1);
  const mapped = (await rowsOf('device_mappings', 'vm_id', gone.vmId)).map((row) => row['volume_uuid']);
  expect(new Set(mapped)).toEqual(new Set(volumeIds));
}

test('is forgotten with what our rows have there, once CloudStack says that none of it is there', async () => {
  const detached = await gone.volume({ vmId: null });
  const elsewhere = await gone.volume({ vmId: stand.cloud.simulator.ids.omaVm });
  const deleted = await gone.volume(undefined);

  const { status, body } = await forget();

  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'oma-2', cloudstack_state: null });
  const told = new Map((body['volumes'] as Record<string, unknown>[]).map((row) => [row['volume_id'], row]));
  expect([detached, elsewhere, deleted].map(({ volumeId }) => told.get(volumeId)?.['found'])).toEqual([
    'detached',
    'elsewhere',
    'gone',
  ]);
  await expect(rowsOf('oma_vms', 'vm_id', gone.vmId)).resolves.toEqual([]);
  for (const { volumeId, contextId } of [detached, elsewhere, deleted]) {
    await expect(rowsOf('device_mappings', 'volume_uuid', volumeId)).resolves.toEqual([]);
    const [volume] = await rowsOf('ossea_volumes', 'volume_id', volumeId);
    expect(volume).toMatchObject({ state: 'detached', vm_id: null, exported_at: expect.any(Date) });
    // Somebody may have had it since.
    expect(await diskOf(contextId)).toMatchObject({
      target_generation: 1,
      committed_generation: 0,
      last_full_reason: 'the OMA VM oma-2 is gone',
    });
  }
  await expect(forget()).resolves.toMatchObject({ status: 404, body: { code: 'oma-vm.not-registered' } });
});

test('is kept while its volume daemon is heard of, or a configuration names it', async () => {
  const vms = stand.api.db('oma_vms').where({ vm_id: gone.vmId });
  await vms.clone().update({ last_seen_at: stand.api.db.fn.now(6) });
  await expect(forget()).resolves.toMatchObject({ status: 409, body: { code: 'oma-vm.alive' } });
  await vms.clone().update({ last_seen_at: stand.api.db.raw('now(6) - interval 1 hour') });
  await stand.api.db('ossea_configs').update({ oma_vm_id: gone.vmId });
  await expect(forget()).resolves.toMatchObject({ status: 409, body: { code: 'oma-vm.configured' } });
  await expectKept([]);
});

test('is kept while CloudStack has a volume of ours there, or cannot be asked', async () => {
  const there = await gone.volume({ vmId: gone.vmId });
  const free = await gone.volume({ vmId: null });

  const refused = await forget('?lose_overlays=true');

  expect(refused).toMatchObject({ status: 409, body: { code: 'oma-vm.has-volumes' } });
  expect(refused.body['errors']).toEqual([{ path: 'vm_id', message: expect.stringContaining(there.volumeId) }]);
  stand.cloud.simulator.faults.add({ command: 'listVolumes', kind: 'drop-before', times: 20 });
  await expect(forget()).resolves.toMatchObject({ status: 503, body: { code: 'cloudstack.unreachable' } });
  stand.cloud.simulator.faults.clear();
  await expectKept([there.volumeId, free.volumeId]);
});

test('takes committed changes with it only where that is asked for', async () => {
  const { volumeId, contextId } = await gone.volume({ vmId: null });
  await gone.overlay(volumeId, randomUUID(), 'sealed');

  await expect(forget()).resolves.toMatchObject({ status: 409, body: { code: 'oma-vm.has-overlays' } });
  await expectKept([volumeId]);
  const { status, body } = await forget('?lose_overlays=true');

  expect(status).toBe(200);
  expect(body['volumes']).toMatchObject([{ volume_id: volumeId, changes_lost: true }]);
  await expect(rowsOf('volume_overlays', 'volume_id', volumeId)).resolves.toEqual([]);
  expect(await diskOf(contextId)).toMatchObject({ target_generation: 1, committed_generation: 0 });
});

test('is kept while a job works with a volume there, or may go on with a cycle that lies there', async () => {
  const working = await gone.volume({ vmId: null });
  const open = { status: 'running', dispatch_state: 'claimed', context_id: working.contextId };
  const root = await makeJob(stand.api.db, { ...open, active_context_id: working.contextId });
  await expect(forget()).resolves.toMatchObject({ status: 409, body: { code: 'oma-vm.in-use' } });
  await stand.api.db('job_tracking').where({ id: root.id }).update({ active_context_id: null });
  await gone.overlay(working.volumeId, root.id, 'filling');
  const refused = await forget();
  expect(refused).toMatchObject({ status: 409, body: { code: 'oma-vm.in-use' } });
  expect(refused.body['errors']).toMatchObject([{ message: expect.stringContaining(working.volumeId) }]);
  await expectKept([working.volumeId]);
  await stand.api.db('job_tracking').where({ id: root.id }).update({ status: 'failed', dispatch_state: 'closed' });
  await expect(forget()).resolves.toMatchObject({ status: 200 });
});
