import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { pino } from 'pino';
import { Secret } from '../../../src/config/secrets.ts';
import { SecretBox } from '../../../src/db/secret-box.ts';
import { bareApp, listen } from '../../../src/http/server.ts';
import type { Volumes } from '../../../src/volumes/context.ts';
import { ownVmId } from '../../../src/volumes/own-oma-vm.ts';
import { healthRoutes } from '../../../src/volumes/routes/health.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeOmaVm, makeOsseaConfig } from '../../support/factories.ts';
import { makeHost, type TestHost, type TestVolume } from '../../support/volumes.ts';

/** A volume daemon to which nobody has said in which OMA VM it runs. The volume is attached to VM `oma`. */

const UNKNOWN = { code: 'oma-vm.unknown', hint: expect.stringContaining('MIGRATEKIT_OMA_VM_ID') };

let database: TestDatabase;
let host: TestHost;
let volumes: Volumes;
let volume: TestVolume;
beforeAll(async () => {
  database = await createTestDatabase();
  const key = new SecretBox(new Secret(randomBytes(32)));
  await makeOsseaConfig(database.knex, key, { omaVmId: '' });
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  host = makeHost(database.knex);
  volume = await host.attached();
});
afterEach(async () => {
  await volumes.close();
  await host[Symbol.asyncDispose]();
  for (const table of ['nbd_exports', 'device_mappings', 'ossea_volumes', 'job_tracking', 'oma_vms']) {
    await database.knex(table).del();
  }
});

const LONG_AGO = new Date('2026-01-01T00:00:00Z');
const stateOf = async (): Promise<unknown> =>
  (await database.knex('device_mappings').where('volume_uuid', volume.volumeId).pluck<unknown[]>('linux_state'))[0];

async function health(): Promise<unknown> {
  const app = bareApp();
  const cloud = { word: 'healthy', code: null, checkedAt: null } as const;
  const deviceDir = host.config.deviceDir;
  app.use(healthRoutes({ db: database.knex, volumes, deviceDir, cloud: () => Promise.resolve(cloud) }));
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  try {
    return await (await fetch(`${server.url}/health`)).json();
  } finally {
    await server.close();
  }
}

test('with several OMA VMs it judges no device and no export, and health tells what to do', async () => {
  await makeOmaVm(database.knex, { vm_id: 'oma', last_seen_at: LONG_AGO });
  await makeOmaVm(database.knex, { vm_id: 'other', last_seen_at: LONG_AGO });
  const job = await host.runningJob();
  volumes = await host.open();
  unlinkSync(volume.path);
  await expect(volumes.devices.check()).rejects.toMatchObject(UNKNOWN);
  await expect(volumes.exports.rebuild()).rejects.toMatchObject(UNKNOWN);
  await expect(volumes.exports.sweep()).rejects.toMatchObject(UNKNOWN);
  await expect(volumes.exports.open(volume.volumeId, job)).rejects.toMatchObject(UNKNOWN);
  await expect(stateOf()).resolves.toBe('detected');
  await expect(volumes.elsewhere({ action: 'detach', volumeId: volume.volumeId })).resolves.toMatchObject({
    error: { code: 'volume.other-daemon' },
  });
  await expect(health()).resolves.toMatchObject({
    status: 'degraded',
    device_monitor: 'degraded',
    details: { oma_vm: { vm_id: null, error_code: 'oma-vm.unknown', next_step: UNKNOWN.hint } },
  });
});

test('with exactly one OMA VM it is in that one', async () => {
  await makeOmaVm(database.knex, { vm_id: 'oma', last_seen_at: LONG_AGO });
  volumes = await host.open();
  unlinkSync(volume.path);
  await expect(volumes.devices.check()).resolves.toMatchObject({ troubles: [{ code: 'volume.device-missing' }] });
  await expect(stateOf()).resolves.toBe('missing');
  await expect(health()).resolves.toMatchObject({ details: { oma_vm: { vm_id: 'oma', error_code: null } } });
});

test('when the only OMA VM is kept fresh by another daemon, it is in none that it knows', async () => {
  await makeOmaVm(database.knex, { vm_id: 'oma' });
  volumes = await host.open();
  unlinkSync(volume.path);
  await expect(volumes.devices.check()).rejects.toMatchObject(UNKNOWN);
  await expect(stateOf()).resolves.toBe('detected');
});

test('with no OMA VM at all it judges what is attached to one VM, and nothing once there are two', async () => {
  const second = await host.attached();
  volumes = await host.open();
  await expect(volumes.devices.check()).resolves.toMatchObject({ checked: 2, troubles: [] });
  await database.knex('device_mappings').where('volume_uuid', second.volumeId).update({ vm_id: 'other' });
  await expect(volumes.devices.check()).rejects.toMatchObject(UNKNOWN);
});

test('it tells the log once that it does not know, and once that it does', async () => {
  volumes = await host.open();
  await makeOmaVm(database.knex, { vm_id: 'oma' });
  const said: { vmId?: string } = {};
  const lines: unknown[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push((JSON.parse(line) as { msg: unknown }).msg) });
  const own = (): Promise<{ vmId: string; config: undefined } | undefined> =>
    Promise.resolve(said.vmId === undefined ? undefined : { vmId: said.vmId, config: undefined });
  const find = ownVmId(database.knex, own, log);
  for (let looks = 0; looks < 3; looks += 1) await expect(find()).rejects.toMatchObject(UNKNOWN);
  said.vmId = 'oma';
  for (let looks = 0; looks < 2; looks += 1) await expect(find()).resolves.toBe('oma');
  expect(lines).toEqual([
    'this volume daemon does not know its OMA VM, and there are others',
    'the OMA VM of this volume daemon is known',
  ]);
});
