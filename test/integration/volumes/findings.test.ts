import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Secret } from '../../../src/config/secrets.ts';
import { attachVolume, deleteVolume, detachVolume } from '../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { findVolume } from '../../../src/cloudstack/volumes.ts';
import { volumeNameOf } from '../../../src/domain/volume-findings.ts';
import { startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import type { TestCloud } from '../../support/cloudstack.ts';
import type { TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeReplicationJob } from '../../support/factories.ts';
import type { TestDaemon } from '../../support/volume-daemon.ts';
import { VolumeStand } from '../../support/volume-stand.ts';

/** A volume daemon, an API and a simulated cloud: what they make of volumes that the rows and the cloud disagree about. */

const GIB = 1024 ** 3;

let stand: VolumeStand;
let database: TestDatabase;
let cloud: TestCloud;
let daemon: TestDaemon;
let api: TestApi;
beforeAll(async () => {
  stand = await VolumeStand.start();
  ({ database, cloud, daemon } = stand);
  const { key, redis } = daemon;
  api = await startTestApi((config) => ({
    ...config,
    secretsKey: new Secret(key),
    database: database.config,
    redis,
  }));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await stand[Symbol.asyncDispose]();
});

const { stringify } = JSON;
const sync = (): Promise<{ status: number; body: Record<string, unknown> }> =>
  daemon.call('POST', '/admin/force-sync', {});
async function syncTwice(): Promise<void> {
  for (let looks = 0; looks < 2; looks += 1) expect((await sync()).status).toBe(200);
}

/** What the API tells of this volume. */
async function findingsOf(volumeId: string): Promise<Record<string, unknown>[]> {
  const { body } = await api.call('GET', '/volumes/findings');
  return (body['findings'] as Record<string, unknown>[]).filter((finding) => finding['volume_id'] === volumeId);
}
const act = (volumeId: string, verb: 'adopt' | 'remove', query = ''): Promise<Reply> =>
  api.call('POST', `/volumes/findings/${volumeId}/${verb}${query}`);

async function inCloud(name: string, sizeBytes = GIB): Promise<string> {
  const { zone, diskOffering } = cloud.simulator.ids;
  return (await createVolume(cloud.client, { name, zoneId: zone, diskOfferingId: diskOffering, sizeBytes })).id;
}

/** A VM of ours with one disk that has no volume. */
async function makeVm(): Promise<{ contextId: string; diskId: number; name: string }> {
  const { context_id: contextId } = await makeContext(database.knex);
  const job = await makeReplicationJob(database.knex, contextId, { status: 'completed' });
  const disk = await makeDisk(database.knex, { contextId, jobId: String(job.id) });
  return { contextId, diskId: disk.id, name: volumeNameOf(contextId, disk.disk_id) };
}
async function diskRow(id: number): Promise<Record<string, unknown> | undefined> {
  return (await database.knex('vm_disks').where({ id }).select<Record<string, unknown>[]>())[0];
}
const volumeRows = (volumeId: string): Promise<unknown[]> =>
  database.knex('ossea_volumes').where({ volume_id: volumeId }).select();

describe('an orphaned volume', () => {
  test('is adopted by its disk after two looks, and the disk is copied in full next', async () => {
    const vm = await makeVm();
    const volumeId = await inCloud(vm.name);
    const before = await diskRow(vm.diskId);
    await sync();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([
      { kind: 'orphan', vm_context_id: vm.contextId, confirmed: false, looks: 1 },
    ]);
    await expect(act(volumeId, 'adopt')).resolves.toMatchObject({
      status: 409,
      body: { code: 'volume-finding.not-confirmed' },
    });
    await sync();
    await expect(act(volumeId, 'adopt')).resolves.toMatchObject({
      status: 200,
      body: { vm_context_id: vm.contextId, disk_id: 'disk-2000' },
    });
    const [row] = (await volumeRows(volumeId)) as Record<string, unknown>[];
    expect(row).toMatchObject({ vm_context_id: vm.contextId, state: 'detached', size_bytes: GIB });
    // Not fresh: nobody knows what it holds.
    expect(row?.['exported_at']).not.toBeNull();
    const after = await diskRow(vm.diskId);
    expect(after).toMatchObject({ ossea_volume_id: row?.['id'] });
    expect(Number(after?.['target_generation'])).toBe(Number(before?.['target_generation']) + 1);
    await sync();
    await expect(findingsOf(volumeId)).resolves.toEqual([]);
  });

  test('is not adopted where it does not fit, or while it is attached', async () => {
    const small = await makeVm();
    await database
      .knex('vm_disks')
      .where({ id: small.diskId })
      .update({ capacity_bytes: GIB + 1 });
    const taken = await makeVm();
    const other = await daemon.operation('POST', '/volumes', {
      name: `by-hand-${randomUUID().slice(0, 8)}`,
      size: GIB,
      disk_offering_id: cloud.simulator.ids.diskOffering,
      zone_id: cloud.simulator.ids.zone,
    });
    const [row] = (await volumeRows(String(other.volume_id))) as { id: number }[];
    await database.knex('vm_disks').where({ id: taken.diskId }).update({ ossea_volume_id: row?.id });
    const attached = await makeVm();
    const [smallId, takenId, attachedId] = [
      await inCloud(small.name),
      await inCloud(taken.name),
      await inCloud(attached.name),
    ];
    await attachVolume(cloud.client, { volumeId: attachedId, vmId: cloud.simulator.ids.omaVm });
    await syncTwice();
    const codes = [smallId, takenId, attachedId].map(async (id) => (await act(id, 'adopt')).body['code']);
    await expect(Promise.all(codes)).resolves.toEqual([
      'volume.too-small',
      'volume.disk-has-volume',
      'volume.attached',
    ]);
    await expect(act(attachedId, 'remove')).resolves.toMatchObject({ status: 409, body: { code: 'volume.attached' } });
    for (const id of [smallId, takenId, attachedId]) await expect(volumeRows(id)).resolves.toEqual([]);
  });

  test('binds its VM to its cloud, and is not adopted where the VM has volumes in another one', async () => {
    const [own] = await database.knex('ossea_configs').where({ is_active: 1 }).pluck<number[]>('id');
    const [elsewhere] = await database.knex('ossea_configs').insert({
      ...(await database.knex('ossea_configs').where({ is_active: 1 }).first<object>()),
      id: null,
      name: 'elsewhere',
      is_active: 0,
    });
    const vm = await makeVm();
    const contexts = () => database.knex('vm_replication_contexts').where({ context_id: vm.contextId });
    await contexts().update({ ossea_config_id: elsewhere });
    const job = await makeReplicationJob(database.knex, vm.contextId, { status: 'completed' });
    const [otherVolume] = await database.knex('ossea_volumes').insert({
      volume_id: randomUUID(),
      vm_context_id: vm.contextId,
      name: 'of-another-disk',
      size_gb: 1,
      state: 'detached',
    });
    const other = { contextId: vm.contextId, jobId: String(job.id) };
    const columns = { disk_id: 'disk-2001', ossea_volume_id: otherVolume };
    const { id: otherDisk } = await makeDisk(database.knex, other, columns);
    const volumeId = await inCloud(vm.name);
    await syncTwice();
    await expect(act(volumeId, 'adopt')).resolves.toMatchObject({ status: 409, body: { code: 'volume.other-cloud' } });
    await database.knex('vm_disks').where({ id: otherDisk }).delete();
    await expect(act(volumeId, 'adopt')).resolves.toMatchObject({ status: 200 });
    await expect(contexts().pluck<number[]>('ossea_config_id')).resolves.toEqual([own]);
    await database
      .knex('ossea_volumes')
      .where({ id: Number(otherVolume) })
      .delete();
  });

  test('is removed by a job, and its row goes when the cloud has confirmed', async () => {
    const vm = await makeVm();
    const volumeId = await inCloud(vm.name);
    await syncTwice();
    const { status, body } = await act(volumeId, 'remove');
    expect(status).toBe(202);
    await expect(daemon.ended(String(body['job_id']))).resolves.toMatchObject({ type: 'delete', status: 'completed' });
    await expect(findVolume(cloud.client, volumeId)).resolves.toBeUndefined();
    await expect(volumeRows(volumeId)).resolves.toEqual([]);
    await expect(findingsOf(volumeId)).resolves.toEqual([]);
  });

  test('of a VM that nobody knows is removed only when its name is repeated', async () => {
    const name = `migration-ctx-${randomUUID()}-disk-0`;
    const volumeId = await inCloud(name);
    await syncTwice();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'unknown-context', vm_context_id: null }]);
    await expect(act(volumeId, 'adopt')).resolves.toMatchObject({ body: { code: 'volume-finding.wrong-kind' } });
    await expect(act(volumeId, 'remove')).resolves.toMatchObject({
      status: 409,
      body: { code: 'volume-finding.unconfirmed-name' },
    });
    const { body } = await act(volumeId, 'remove', `?confirm_name=${name}`);
    await expect(daemon.ended(String(body['job_id']))).resolves.toMatchObject({ status: 'completed' });
    await expect(findVolume(cloud.client, volumeId)).resolves.toBeUndefined();
  });
});

describe('a volume of ours', () => {
  test('that is gone is told, and its rows are removed on request', async () => {
    const volumeId = await stand.made();
    await sync();
    await expect(findingsOf(volumeId)).resolves.toEqual([]);
    await deleteVolume(cloud.client, { volumeId });
    await syncTwice();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'gone', confirmed: true }]);
    await expect(volumeRows(volumeId)).resolves.toHaveLength(1);
    const { body } = await act(volumeId, 'remove');
    await expect(daemon.ended(String(body['job_id']))).resolves.toMatchObject({ status: 'completed' });
    await expect(volumeRows(volumeId)).resolves.toEqual([]);
  });

  test('that was attached, taken off or resized by somebody is told, and nothing is changed', async () => {
    const volumeId = await stand.made();
    await attachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm });
    cloud.simulator.edit((world) => {
      for (const volume of world.volumes) if (volume.id === volumeId) volume.sizeBytes = 2 * GIB;
    });
    const { body } = await sync();
    const kinds = (await findingsOf(volumeId)).map((finding) => finding['kind']);
    expect(kinds.toSorted()).toEqual(['attached-elsewhere', 'other-size']);
    expect(stringify(body['findings'])).toContain(volumeId);
    await expect(act(volumeId, 'remove')).resolves.toMatchObject({ body: { code: 'volume-finding.wrong-kind' } });
  });
});

describe('a snapshot of a volume of ours', () => {
  /** One of this name that is there already. @returns its id */
  function snapshotOf(volumeId: string, name: string, state: 'BackingUp' | 'BackedUp'): string {
    const id = randomUUID();
    const createdAt = new Date(Date.now() - 3 * 3_600_000).toISOString();
    cloud.simulator.edit((world) => {
      const volume = world.volumes.find((each) => each.id === volumeId);
      if (volume === undefined) throw new Error('there is no such volume');
      const { name: volumeName, type: volumeType, zoneId, sizeBytes, account } = volume;
      world.snapshots.push({
        id,
        name,
        volumeId,
        volumeName,
        volumeType,
        zoneId,
        sizeBytes,
        state,
        account,
        createdAt,
      });
    });
    return id;
  }

  test('that nobody works on is told with its age while an operation still waits for it', async () => {
    const volumeId = await stand.made();
    // Only what was attached once has storage, and can be snapshotted.
    await attachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm });
    await detachVolume(cloud.client, { volumeId, vmId: cloud.simulator.ids.omaVm });
    const snapshotId = snapshotOf(volumeId, 'before-the-update', 'BackingUp');
    const { body: waiting } = await daemon.call('POST', `/volumes/${volumeId}/snapshots`, {
      name: 'before-the-update',
    });
    await sync();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([
      {
        kind: 'snapshot-stuck',
        text: expect.stringMatching(/^snapshot before-the-update of volume .* is BackingUp for 3 h /),
        details: { snapshot_id: snapshotId, age_seconds: expect.any(Number) },
      },
    ]);
    // A person deletes it, and the operation makes its own.
    cloud.simulator.edit((world) => void world.snapshots.splice(0));
    await expect(daemon.ended(String(waiting['id']))).resolves.toMatchObject({ status: 'completed', error: null });
    await sync();
    await expect(findingsOf(volumeId)).resolves.toEqual([]);
  });

  test('that its failover has left is told, and gone once it is deleted', async () => {
    const volumeId = await stand.made();
    const snapshotId = snapshotOf(
      volumeId,
      'multi-test-failover-disk-2000-failover-20260114-093000.123-a1b2c3',
      'BackedUp',
    );
    await sync();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'snapshot-left' }]);
    const removed = await daemon.operation('DELETE', `/volumes/${volumeId}/snapshots/${snapshotId}`);
    expect(removed).toMatchObject({ status: 'completed' });
    await sync();
    await expect(findingsOf(volumeId)).resolves.toEqual([]);
  });
});

test('what is being cleaned up after a test failover is looked at when that has ended', async () => {
  const vm = await makeVm();
  const volumeId = await inCloud(vm.name);
  const id = randomUUID();
  await database.knex('volume_operations').insert({
    id,
    type: 'cleanup',
    status: 'executing',
    request: stringify({ test_vm_id: 'vm', volume_ids: [randomUUID(), volumeId] }),
  });
  await syncTwice();
  await expect(findingsOf(volumeId)).resolves.toEqual([]);
  await database.knex('volume_operations').where({ id }).update({ status: 'completed' });
  await syncTwice();
  await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'orphan' }]);
});

describe('a volume of ours that another VM has', () => {
  const generation = async (diskId: number): Promise<number> => Number((await diskRow(diskId))?.['target_generation']);

  /** A VM that is none of ours. */
  function makeStranger(): string {
    const id = randomUUID();
    cloud.simulator.edit((world) => {
      const [first] = world.vms;
      if (first !== undefined) world.vms.push({ ...structuredClone(first), id, name: `vm-${id}` });
    });
    return id;
  }

  test('is not believed any more, once for each time that it is found there', async () => {
    const vm = await makeVm();
    const volumeId = await inCloud(vm.name);
    await syncTwice();
    await act(volumeId, 'adopt');
    const before = await generation(vm.diskId);
    const [one, two] = [makeStranger(), makeStranger()];
    await attachVolume(cloud.client, { volumeId, vmId: one });
    await syncTwice();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'attached-elsewhere', looks: 2 }]);
    await expect(generation(vm.diskId)).resolves.toBe(before + 1);
    await expect(diskRow(vm.diskId)).resolves.toMatchObject({
      last_full_reason: `found attached to VM ${one}, and not by us`,
    });
    await detachVolume(cloud.client, { volumeId, vmId: one });
    await sync();
    await attachVolume(cloud.client, { volumeId, vmId: one });
    await syncTwice();
    await expect(generation(vm.diskId)).resolves.toBe(before + 2);
    await detachVolume(cloud.client, { volumeId, vmId: one });
    await attachVolume(cloud.client, { volumeId, vmId: two });
    await syncTwice();
    await expect(generation(vm.diskId)).resolves.toBe(before + 3);
    await detachVolume(cloud.client, { volumeId, vmId: two });
  });

  test('is believed as before when that is an OMA VM, where nothing writes by itself', async () => {
    const vm = await makeVm();
    const volumeId = await inCloud(vm.name);
    await syncTwice();
    await act(volumeId, 'adopt');
    const before = await generation(vm.diskId);
    const { omaVm } = cloud.simulator.ids;
    await attachVolume(cloud.client, { volumeId, vmId: omaVm });
    await syncTwice();
    await expect(findingsOf(volumeId)).resolves.toMatchObject([{ kind: 'attached-elsewhere' }]);
    await expect(generation(vm.diskId)).resolves.toBe(before);
    await detachVolume(cloud.client, { volumeId, vmId: omaVm });
  });
});

describe('the volume daemon', () => {
  test('tells its health, with the cloud and the devices in it', async () => {
    const { status, body } = await daemon.call('GET', '/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      database_health: 'healthy',
      cloudstack_health: 'healthy',
      details: { nbd_exports: 'healthy', cloudstack: { error_code: null } },
    });
  });

  test('counts what it did, for people and for Prometheus', async () => {
    const { body } = await daemon.call('GET', '/metrics');
    expect(body).toMatchObject({ error_rate_percent: expect.any(Number), operations_by_type: { create: 5 } });
    const response = await fetch(`${daemon.url()}/api/v1/metrics?format=prometheus`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    await expect(response.text()).resolves.toContain(
      'migratekit_volume_operations{type="create",status="completed"} 5\n',
    );
  });

  test('keeps what it found while the cloud is away, and says why it could not look', async () => {
    const found = (await api.call('GET', '/volumes/findings')).body['count'];
    await cloud.simulator.close();
    await expect(sync()).resolves.toMatchObject({ status: 200, body: { clouds: 1, clouds_away: 1 } });
    const { body } = await api.call('GET', '/volumes/findings');
    expect(body).toMatchObject({ count: found, looks: [{ error: { code: expect.stringMatching(/^cloudstack\./) } }] });
    const { volumes } = (body['looks'] as { volumes: number }[])[0] ?? {};
    expect(volumes).toBeGreaterThan(0);
    await cloud.restart();
  });
});
