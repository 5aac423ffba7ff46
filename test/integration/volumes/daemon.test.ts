import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listVolumes } from '../../../src/cloudstack/volumes.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { SecretBox } from '../../../src/db/secret-box.ts';
import { createVolumeDaemonClient } from '../../../src/volumes/client.ts';
import type { TestCloud } from '../../support/cloudstack.ts';
import type { TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeOsseaConfig, makeReplicationJob } from '../../support/factories.ts';
import { connectWriter } from '../../support/nbd-writer.ts';
import { until } from '../../support/until.ts';
import type { TestDaemon } from '../../support/volume-daemon.ts';
import { VolumeStand } from '../../support/volume-stand.ts';
import { bytesAt } from '../../support/volumes.ts';

const GIB = 1024 ** 3;
const AT = { offset: 4096, length: 4096 };

let stand: VolumeStand;
let database: TestDatabase;
let cloud: TestCloud;
let daemon: TestDaemon;
beforeAll(async () => {
  stand = await VolumeStand.start();
  ({ database, cloud, daemon } = stand);
});
afterAll(async () => stand[Symbol.asyncDispose]());
afterEach(() => cloud.simulator.faults.clear());

/** Of which CloudStack makes two GiB. */
const odd = { size: GIB + 1 };

/** A volume that a disk has, and the generation that this is in; its last commit was of generation 0. */
async function madeWithCommit(): Promise<{ volumeId: string; generation: () => Promise<unknown> }> {
  const volumeId = await stand.made();
  const { id: rowId } = (await stand.volumeRow(volumeId)) ?? {};
  const { context_id: contextId } = await makeContext(database.knex);
  const job = await makeReplicationJob(database.knex, contextId);
  await makeDisk(database.knex, { contextId, jobId: job.id }, { ossea_volume_id: rowId, committed_generation: 0 });
  const generation = async (): Promise<unknown> =>
    (await database.knex('vm_disks').where('ossea_volume_id', String(rowId)).pluck<number[]>('target_generation'))[0];
  return { volumeId, generation };
}

/** A second VM of the cloud: like the appliance's own, which we cannot look into. */
function makeVm(): string {
  const id = randomUUID();
  cloud.simulator.edit((world) => {
    const [oma] = world.vms;
    if (oma !== undefined) world.vms.push({ ...structuredClone(oma), id, name: `vm-${id}` });
  });
  return id;
}

describe('the life of a volume', () => {
  test('created, attached here, written through its export, detached, deleted', async () => {
    const context = await makeContext(database.knex);
    const created = await stand.create({ ...odd, vm_context_id: context.context_id });
    expect(created).toMatchObject({ type: 'create', status: 'completed', response: { size: 2 * GIB } });
    const volumeId = String(created.volume_id);
    const fresh = { name: created.response?.['name'], size_gb: 2, state: 'detached', exported_at: null };
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ ...fresh, vm_context_id: context.context_id });

    const attached = await stand.attach(volumeId);
    const path = cloud.simulator.volumePath(volumeId);
    expect(attached).toMatchObject({
      status: 'completed',
      response: { volume_id: volumeId, vm_id: cloud.simulator.ids.omaVm, device_path: path },
    });
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ state: 'attached', device_path: path });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({
      operation_mode: 'oma',
      device_path: path,
      cloudstack_state: 'attached',
      linux_state: 'detected',
      size: 2 * GIB,
      vm_context_id: context.context_id,
    });

    const whole = await daemon.call('GET', `/volumes/${volumeId}`);
    expect(whole.body).toMatchObject({ state: 'attached', size: 2 * GIB, last_operation: { id: attached.id } });
    const behind = await daemon.call('GET', `/devices/${encodeURIComponent(path)}/volume`);
    expect(behind.body).toMatchObject({ volume_uuid: volumeId });
    const here = await daemon.call('GET', `/vms/${cloud.simulator.ids.omaVm}/volumes`);
    expect(here.body).toMatchObject({ count: 1, volumes: [{ volume_uuid: volumeId }] });

    const client = createVolumeDaemonClient({ url: daemon.url(), token: daemon.token });
    await expect(client.getDevice(volumeId)).resolves.toMatchObject({ device_path: path, operation_mode: 'oma' });
    const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
    const opened = await client.openExport({ volumeId, jobId: job.id, epoch: 1 });
    await using writer = await connectWriter(opened.uris.unix ?? '');
    await expect(writer.write(0x77, AT)).resolves.toMatch(/^wrote/);
    await expect(bytesAt(path, AT)).resolves.toEqual([0x77]);
    await expect(client.openExport({ volumeId, jobId: job.id, epoch: 2 })).rejects.toMatchObject({
      code: 'export.stale-epoch',
      kind: 'conflict',
    });

    const exported = await daemon.call('GET', `/exports?status=active&volume_id=${volumeId}`);
    expect(exported.body).toMatchObject({ count: 1, exports: [{ metadata: { wire_name: opened.export_name } }] });
    await expect(daemon.call('DELETE', `/exports/${volumeId}`)).resolves.toMatchObject({
      status: 409,
      body: { code: 'export.in-use' },
    });
    await expect(stand.detach(volumeId)).resolves.toMatchObject({
      status: 'failed',
      error: expect.stringContaining('export.in-use'),
    });
    await expect(client.closeExport({ volumeId, jobId: job.id, epoch: 1 })).resolves.toBe(true);
    await expect(stand.detach(volumeId)).resolves.toMatchObject({ status: 'completed' });
    expect(existsSync(cloud.simulator.devicePath(volumeId))).toBe(false);
    await expect(stand.mappingRow(volumeId)).resolves.toBeUndefined();
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({
      state: 'detached',
      device_path: null,
      vm_id: null,
    });
    await expect(client.getDevice(volumeId)).resolves.toBeUndefined();

    await expect(stand.remove(volumeId)).resolves.toMatchObject({ status: 'completed' });
    await expect(stand.volumeRow(volumeId)).resolves.toBeUndefined();
    expect(stand.inCloud(volumeId)).toBeUndefined();
  });

  test('deleted while attached here, it is detached first', async () => {
    const volumeId = await stand.made();
    await stand.attach(volumeId);
    await expect(stand.remove(volumeId)).resolves.toMatchObject({ status: 'completed', error: null });
    await expect(stand.mappingRow(volumeId)).resolves.toBeUndefined();
    expect(stand.inCloud(volumeId)).toBeUndefined();
  });

  test('on another VM it has a placeholder of its own, and is not deleted from under it', async () => {
    const vmId = makeVm();
    const [first, second] = [await stand.made(), await stand.made()];
    await expect(stand.attach(first, vmId)).resolves.toMatchObject({
      status: 'completed',
      response: { device_path: null },
    });
    await expect(stand.attach(second, vmId)).resolves.toMatchObject({ status: 'completed' });
    await expect(stand.mappingRow(second)).resolves.toMatchObject({
      operation_mode: 'failover',
      device_path: `remote-vm-${vmId}-${second}`,
      linux_state: 'n/a',
    });
    const refused = await stand.remove(second);
    expect(refused).toMatchObject({ status: 'failed' });
    expect(refused.error).toMatch('volume.attached-elsewhere');
    expect(stand.inCloud(second)?.vmId).toBe(vmId);
    const taken = await stand.attach(second);
    expect(taken.error).toMatch('cloudstack.volume-attached');
    await expect(stand.mappingRow(second)).resolves.toMatchObject({ vm_id: vmId, cloudstack_state: 'attached' });
    await expect(stand.detach(second)).resolves.toMatchObject({ status: 'completed' });
    await expect(stand.attach(second)).resolves.toMatchObject({ status: 'completed' });
  });

  test('a VM that gets it may write to it: neither its being empty nor its last commit is believed any more', async () => {
    const { volumeId, generation } = await madeWithCommit();
    await stand.attach(volumeId);
    await stand.detach(volumeId);
    expect(await generation()).toBe(0);
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ exported_at: null });
    await stand.attach(volumeId, makeVm());
    await stand.detach(volumeId);
    expect(await generation()).toBe(1);
    expect((await stand.volumeRow(volumeId))?.['exported_at']).not.toBeNull();
  });

  test('what somebody took off the appliance may have been written to elsewhere: its last commit counts no more', async () => {
    const { volumeId, generation } = await madeWithCommit();
    await stand.attach(volumeId);
    cloud.simulator.edit((world) => {
      for (const volume of world.volumes) if (volume.id === volumeId) volume.vmId = volume.deviceId = null;
    });
    await expect(stand.attach(volumeId)).resolves.toMatchObject({ status: 'completed' });
    expect(await generation()).toBe(1);
    await expect(stand.attach(volumeId)).resolves.toMatchObject({ status: 'completed' });
    expect(await generation()).toBe(1);
  });

  test('the same order twice is the same volume at the same place', async () => {
    const name = `vm-${randomUUID().slice(0, 8)}-disk-0`;
    const volumeId = await stand.made({ name });
    await expect(stand.made({ name })).resolves.toBe(volumeId);
    const once = await stand.attach(volumeId);
    const twice = await stand.attach(volumeId);
    expect(twice.response).toEqual(once.response);
    await stand.detach(volumeId);
    await expect(stand.detach(volumeId)).resolves.toMatchObject({ status: 'completed' });
  });

  test('a name of another VM is refused', async () => {
    const name = `vm-${randomUUID().slice(0, 8)}-disk-0`;
    await stand.made({ name });
    const context = await makeContext(database.knex);
    const refused = await stand.create({ name, vm_context_id: context.context_id });
    expect(refused.error).toMatch('volume.other-context');
  });
});

describe('a volume for a VM', () => {
  test('is made in the cloud of that VM, whichever is active', async () => {
    const { apiKey, secretKey, endpoint: apiUrl } = cloud.simulator;
    const [active] = await database.knex('ossea_configs').where({ is_active: 1 }).pluck<number[]>('id');
    const box = new SecretBox(new Secret(daemon.key));
    const own = await makeOsseaConfig(database.knex, box, { name: 'second', apiUrl, apiKey, secretKey });
    await database.knex('ossea_configs').update({ is_active: database.knex.raw('id = ?', [Number(active)]) });
    const { context_id: contextId } = await makeContext(database.knex, { ossea_config_id: own });
    const volumeId = await stand.made({ vm_context_id: contextId });
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ ossea_config_id: own, vm_context_id: contextId });
    await expect(stand.volumeRow(await stand.made())).resolves.toMatchObject({ ossea_config_id: active });
  });

  test('that nobody knows is refused before anything is made', async () => {
    const before = cloud.simulator.world.volumes.length;
    const refused = await daemon.call('POST', '/volumes', {
      name: 'vm-nobody-disk-0',
      size: GIB,
      disk_offering_id: cloud.simulator.ids.diskOffering,
      zone_id: cloud.simulator.ids.zone,
      vm_context_id: 'ctx-nobody',
    });
    expect(refused).toMatchObject({ status: 404, body: { code: 'context.unknown' } });
    expect(cloud.simulator.world.volumes).toHaveLength(before);
  });
});

describe('when CloudStack fails', () => {
  test('a create whose answer was lost makes one volume', async () => {
    const name = `vm-${randomUUID().slice(0, 8)}-disk-0`;
    cloud.simulator.faults.add({ command: 'createVolume', kind: 'drop-after' });
    await expect(stand.create({ name })).resolves.toMatchObject({ status: 'completed' });
    await expect(listVolumes(cloud.client, { name })).resolves.toHaveLength(1);
  });

  test('431 for an attached volume is a warning, and the row stays', async () => {
    const volumeId = await stand.made();
    cloud.simulator.faults.add({
      command: 'deleteVolume',
      kind: 'error',
      errorCode: 431,
      errorText: 'Please specify a volume that is not attached to any VM.',
    });
    const removed = await stand.remove(volumeId);
    expect(removed).toMatchObject({ status: 'completed' });
    expect(removed.response?.['warning']).toMatch('attached');
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ state: 'detached' });
    await expect(stand.remove(volumeId)).resolves.toMatchObject({ status: 'completed' });
  });

  test('an attach that CloudStack refuses leaves nothing behind', async () => {
    const volumeId = await stand.made();
    const refused = await stand.attach(volumeId, randomUUID());
    expect(refused).toMatchObject({ status: 'failed' });
    await expect(stand.mappingRow(volumeId)).resolves.toBeUndefined();
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ state: 'detached' });
  });

  test('an attach whose device cannot be told for sure is taken back', async () => {
    const volumeId = await stand.made();
    const twin = join(cloud.dir, 'twin');
    writeFileSync(twin, 'not the volume');
    // Another disk whose serial could be this volume's, cut short behind a device number.
    const link = join(cloud.simulator.deviceDir, `virtio-1-${volumeId.replaceAll('-', '').slice(0, 18)}`);
    symlinkSync(twin, link);
    // Until the real device is there, the twin is the only one, and has the wrong size.
    const refused = await stand.attach(volumeId);
    expect(refused.error).toMatch(/volume\.device-(ambiguous|size)/);
    expect(stand.inCloud(volumeId)?.vmId).toBeNull();
    await expect(stand.mappingRow(volumeId)).resolves.toBeUndefined();
    await expect(stand.volumeRow(volumeId)).resolves.toMatchObject({ state: 'detached', vm_id: null });
    rmSync(link);
    await expect(stand.attach(volumeId)).resolves.toMatchObject({ status: 'completed' });
  });

  test('a volume that nobody knows is neither attached nor deleted', async () => {
    const stranger = randomUUID();
    await expect(stand.attach(stranger)).resolves.toMatchObject({ status: 'failed' });
    const { zone, diskOffering } = cloud.simulator.ids;
    const other = await cloud.client.call('createVolume', {
      name: 'not-ours',
      zoneid: zone,
      diskofferingid: diskOffering,
      size: '1',
    });
    const refused = await stand.remove(String(other['id']));
    expect(refused.error).toMatch('volume.unknown');
    expect(stand.inCloud(String(other['id']))).toBeDefined();
  });
});

describe('the daemon', () => {
  test('killed in the middle of an attach: the next one finishes it, and its exports are gone meanwhile', async () => {
    const busy = await stand.made();
    await stand.attach(busy);
    const client = createVolumeDaemonClient({ url: daemon.url(), token: daemon.token });
    const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
    const opened = await client.openExport({ volumeId: busy, jobId: job.id, epoch: 1 });
    await using writer = await connectWriter(opened.uris.unix ?? '');
    await writer.write(0x11, AT);

    const volumeId = await stand.made();
    cloud.simulator.faults.add({ command: 'attachVolume', kind: 'job-delay', ms: 8_000 });
    const accepted = await daemon.call('POST', `/volumes/${volumeId}/attach`, { vm_id: cloud.simulator.ids.omaVm });
    await until(async () => (await stand.mappingRow(volumeId)) !== undefined, { withinMs: 30_000, what: 'the intent' });
    await daemon.kill('SIGKILL');
    await expect(writer.write(0xee, AT)).resolves.toMatch(/failed|ended/);
    await daemon.start();

    const operation = await daemon.ended(String(accepted.body['id']));
    expect(operation).toMatchObject({ status: 'completed' });
    await expect(stand.mappingRow(volumeId)).resolves.toMatchObject({ cloudstack_state: 'attached' });
    await expect(bytesAt(cloud.simulator.volumePath(busy), AT)).resolves.toEqual([0x11]);
    const history = await database
      .knex('volume_operation_history')
      .where('operation_id', operation.id)
      .orderBy('id')
      .pluck<string[]>('new_status');
    expect(history).toEqual(['pending', 'executing', 'executing', 'completed']);
  });

  test('lets nobody in without its token, except to ask for its health', async () => {
    const open = await fetch(`${daemon.url()}/api/v1/operations`);
    expect(open.status).toBe(401);
    await expect(open.json()).resolves.toMatchObject({ code: 'auth.required', hint: expect.any(String) });
    const health = await fetch(`${daemon.url()}/api/v1/health`);
    await expect(health.json()).resolves.toMatchObject({
      status: 'healthy',
      database_health: 'healthy',
      device_monitor: 'healthy',
    });
  });

  test('says what is wrong with a request, and what it does not know', async () => {
    const bad = await daemon.call('POST', '/volumes', { name: '', size: -1 });
    expect(bad).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    const time = await daemon.call('GET', '/operations?since=yesterday');
    expect(time.body['errors']).toEqual([{ path: 'since', message: 'must be a time, as in 2026-01-31T12:00:00Z' }]);
    for (const [method, path, code] of [
      ['GET', `/volumes/${randomUUID()}/device`, 'volume.unknown'],
      ['GET', `/exports/${randomUUID()}`, 'export.unknown'],
      ['DELETE', `/exports/${randomUUID()}`, 'volume.unknown'],
      ['GET', '/snapshots/vm/ctx-nobody', 'context.unknown'],
      ['DELETE', '/snapshots/vm/ctx-nobody', 'context.unknown'],
    ] as const) {
      const hint = expect.any(String);
      await expect(daemon.call(method, path)).resolves.toMatchObject({ status: 404, body: { code, hint } });
    }
    await expect(daemon.call('POST', '/exports/x/open', { job_id: 'j', epoch: 1 })).resolves.toMatchObject({
      status: 400,
    });
    const list = await daemon.call('GET', '/operations?status=completed&limit=2');
    expect(list.body['operations']).toHaveLength(2);
  });

  test('ends in order on SIGTERM', async () => {
    await daemon.kill('SIGTERM');
    await daemon.start();
    await expect(daemon.call('GET', '/health')).resolves.toMatchObject({ status: 200 });
  });
});
