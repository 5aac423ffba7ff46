import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addTarget, startTestApi, type TestApi } from '../../support/api.ts';
import {
  makeContext,
  makeDisk,
  makeMapping,
  makeOmaVm,
  makeReplicationJob,
  makeVolume,
} from '../../support/factories.ts';

const OMA = randomUUID();

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await addTarget(api.db);
  await makeOmaVm(api.db, { vm_id: OMA, name: 'oma-1' });
});
afterAll(async () => api[Symbol.asyncDispose]());

type Listed = Record<string, unknown>;

/** All rows of a list, by pages of two; `next_cursor` must lead to its end. */
async function pages(path: string, key: string): Promise<Listed[]> {
  const rows: Listed[] = [];
  let cursor: string | null = '';
  for (let page = 0; page < 20 && cursor !== null; page += 1) {
    const { status, body } = await api.call('GET', `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    rows.push(...(body[key] as Listed[]));
    cursor = body['next_cursor'] as string | null;
  }
  expect(cursor).toBeNull();
  return rows;
}

test('volumes are listed with VM and disk, where they are attached and as what, page by page', async () => {
  const { context_id: contextId } = await makeContext(api.db, { vm_name: 'web01' });
  const of = { vm_context_id: contextId };
  const volumes = [];
  for (const name of ['a', 'b', 'c', 'c', 'd']) volumes.push(await makeVolume(api.db, { ...of, name }));
  const [here, failedOver, free] = volumes.map((volume) => volume.volume_id) as [string, string, string];
  const job = await makeReplicationJob(api.db, contextId);
  await makeDisk(api.db, { contextId, jobId: job.id }, { ossea_volume_id: volumes[0]?.id });
  await makeMapping(api.db, { volume_uuid: here, vm_id: OMA, device_path: '/dev/vdc' });
  const elsewhere = { vm_id: 'vm-17', operation_mode: 'failover', linux_state: 'n/a', device_path: 'remote' };
  await makeMapping(api.db, { volume_uuid: failedOver, ...elsewhere });
  const now = api.db.fn.now(3);
  const finding = { text: 't', details: '{}', looks: 1, first_seen_at: now, last_seen_at: now };
  for (const kind of ['orphan', 'gone', 'device', 'same-name', 'other-size']) {
    await api.db('volume_findings').insert({ ...finding, volume_id: free, kind, name: 'c' });
  }

  const listed = await pages('/volumes', 'volumes');
  expect(new Set(listed.map((row) => row['volume_id']))).toEqual(new Set(volumes.map((volume) => volume.volume_id)));
  expect(listed.map((row) => row['name'])).toEqual(['a', 'b', 'c', 'c', 'd']);
  expect(listed[0]).toMatchObject({
    vm_name: 'web01',
    disk_id: 'disk-2000',
    attached_to: OMA,
    oma_vm_name: 'oma-1',
    operation_mode: 'oma',
    device_path: '/dev/vdc',
    device_state: 'detected',
  });
  expect(listed[1]).toMatchObject({ disk_id: null, attached_to: 'vm-17', oma_vm_name: null, device_path: null });
  expect(listed.find((row) => row['volume_id'] === free)).toMatchObject({ attached_to: null, findings: 5 });
  const ofOthers = await api.call('GET', '/volumes?context_id=ctx-nobody');
  expect(ofOthers.body).toMatchObject({ volumes: [], count: 0 });

  const findings = await pages('/volumes/findings', 'findings');
  expect(findings.map((row) => row['kind'])).toEqual(['device', 'gone', 'orphan', 'other-size', 'same-name']);
  const bad = await api.call('GET', '/volumes/findings?cursor=nonsense');
  expect(bad).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
});

test('operations are listed, newest first, page by page and by volume', async () => {
  const volumeId = randomUUID();
  for (const [at, status] of ['pending', 'failed', 'completed', 'completed', 'completed'].entries()) {
    const created_at = new Date(Date.UTC(2026, 0, 14, 9, at));
    const ours = at === 0 ? { volume_id: volumeId, vm_id: OMA } : {};
    const row = { id: `volume-${at}`, type: 'attach', status, request: '{"a":1}', created_at, ...ours };
    await api.db('volume_operations').insert(row);
  }

  const listed = await pages('/volumes/operations', 'operations');
  expect(listed.map((row) => row['id'])).toEqual([4, 3, 2, 1, 0].map((at) => `volume-${at}`));
  const own = await api.call('GET', `/volumes/operations?volume_id=${volumeId}&status=pending&type=attach`);
  expect(own.body).toMatchObject({
    count: 1,
    operations: [{ id: 'volume-0', vm_id: OMA, request: { a: 1 }, response: null, completed_at: null }],
  });
});
