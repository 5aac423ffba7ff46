import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { inTransaction } from '../../../src/db/knex.ts';
import { sealOverlays } from '../../../src/db/stores/volume-overlay-store.ts';
import type { Fault } from '../../../src/lab/cloudstack/faults.ts';
import { createVolumeDaemonClient } from '../../../src/volumes/client.ts';
import type { TestCloud } from '../../support/cloudstack.ts';
import type { TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob } from '../../support/factories.ts';
import { qemuIo } from '../../support/qemu-view.ts';
import { until } from '../../support/until.ts';
import type { TestDaemon } from '../../support/volume-daemon.ts';
import { VolumeStand } from '../../support/volume-stand.ts';
import { bytesAt } from '../../support/volumes.ts';

/** Orders on a volume above which a committed overlay lies. It is a part of the committed point until the volume is gone. */

const GIB = 1024 ** 3;
const AT = { offset: 1024 ** 2, length: 65_536 };

jest.setTimeout(120_000);

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

const folder = (): string => join(daemon.dir, 'state', 'overlays');
/** While the folder is out of sight nobody merges anything by himself. */
const hide = (): void => renameSync(folder(), `${folder()}.away`);
const show = (): void => renameSync(`${folder()}.away`, folder());
const files = (volumeId: string): string[] =>
  existsSync(folder()) ? readdirSync(folder()).filter((name) => name.startsWith(volumeId)) : [];
const states = (volumeId: string): Promise<string[]> =>
  database.knex('volume_overlays').where('volume_id', volumeId).pluck<string[]>('state');
const held = (volumeId: string): Promise<number[]> => bytesAt(cloud.simulator.volumePath(volumeId), AT);
const isMerged = async (volumeId: string): Promise<boolean> =>
  (await states(volumeId)).length === 0 && files(volumeId).length === 0;

interface Committed {
  readonly volumeId: string;
  /** Grows when nobody believes the contents of the volume any more. */
  readonly generation: () => Promise<number | undefined>;
}

/** A volume above which an ended job has committed 0x22. @param before what is done to it first */
async function committed(before?: (volumeId: string) => Promise<void>): Promise<Committed> {
  const volumeId = await stand.made();
  await stand.attach(volumeId);
  await before?.(volumeId);
  const { knex } = database;
  const [rowId] = await knex('ossea_volumes').where('volume_id', volumeId).pluck<number[]>('id');
  const { context_id: contextId } = await makeContext(knex);
  const replication = await makeReplicationJob(knex, contextId);
  const known = { ossea_volume_id: rowId, target_generation: 1, committed_generation: 1 };
  const disk = await makeDisk(knex, { contextId, jobId: replication.id }, known);
  const client = createVolumeDaemonClient({ url: daemon.url(), token: daemon.token });
  const job = await makeJob(knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
  const call = { volumeId, jobId: job.id, epoch: 1 };
  const opened = await client.openExport({ ...call, overlay: { key: 'snapshot-2', bytes: AT.length } });
  await qemuIo(opened.uris.unix ?? '', `write -P 0x22 ${AT.offset} ${AT.length}`, 'flush');
  await client.closeExport(call);
  await inTransaction(knex, (trx) => sealOverlays(trx, job.id, [opened.overlay?.id ?? '']));
  hide();
  await knex('job_tracking').where('id', job.id).update({ status: 'completed', dispatch_state: 'closed' });
  const generation = async (): Promise<number | undefined> =>
    (await knex('vm_disks').where('id', disk.id).pluck<number[]>('target_generation'))[0];
  await expect(held(volumeId)).resolves.toEqual([0]);
  return { volumeId, generation };
}

const refusal = (command: string): Fault => ({ command, kind: 'error', errorCode: 432, errorText: 'not allowed' });

test.each(['deleteVolume', 'detachVolume'])(
  'a deletion that %s refuses loses nothing of the last commit',
  async (command) => {
    const { volumeId, generation } = await committed();
    cloud.simulator.faults.add(refusal(command));
    await expect(stand.remove(volumeId)).resolves.toMatchObject({ status: 'failed' });
    await expect(states(volumeId)).resolves.toEqual(['sealed']);
    show();
    await stand.attach(volumeId);
    await stand.act(volumeId, 'detach');
    await expect(isMerged(volumeId)).resolves.toBe(true);
    await expect(held(volumeId)).resolves.toEqual([0x22]);
    await expect(generation()).resolves.toBe(1);
  },
);

test('a deletion that ends with a warning loses nothing of the last commit', async () => {
  const { volumeId } = await committed();
  const errorText = 'Please specify a volume that is not attached to any VM.';
  cloud.simulator.faults.add({ command: 'deleteVolume', kind: 'error', errorCode: 431, errorText });
  const kept = await stand.remove(volumeId);
  expect(kept.response?.['warning']).toMatch('attached');
  await expect(states(volumeId)).resolves.toEqual(['sealed']);
  show();
  await expect(stand.remove(volumeId)).resolves.toMatchObject({ status: 'completed', error: null });
  await expect(isMerged(volumeId)).resolves.toBe(true);
  expect(cloud.simulator.world.volumes.some(({ id }) => id === volumeId)).toBe(false);
});

test.each([
  ['a detachment', 'detachVolume', (id: string) => stand.act(id, 'detach')],
  ['a larger size', 'resizeVolume', (id: string) => stand.act(id, 'resize', { size: 2 * GIB })],
  ['a snapshot', 'createSnapshot', (id: string) => stand.act(id, 'snapshots')],
])('%s that CloudStack refuses finds the last commit in the volume', async (_what, command, order) => {
  const { volumeId, generation } = await committed();
  show();
  cloud.simulator.faults.add({ ...refusal(command), times: 2 });
  await expect(order(volumeId)).resolves.toMatchObject({ status: 'failed' });
  await expect(isMerged(volumeId)).resolves.toBe(true);
  await expect(held(volumeId)).resolves.toEqual([0x22]);
  await expect(generation()).resolves.toBe(1);
});

test('going back to a snapshot begins with the last commit, and a refusal leaves that', async () => {
  let snapshotId = '';
  const { volumeId } = await committed(async (id) => {
    snapshotId = String((await stand.act(id, 'snapshots')).response?.['snapshot_id']);
  });
  show();
  cloud.simulator.faults.add({ ...refusal('revertSnapshot'), times: 2 });
  await expect(stand.act(volumeId, `snapshots/${snapshotId}/revert`)).resolves.toMatchObject({ status: 'failed' });
  await expect(isMerged(volumeId)).resolves.toBe(true);
  await expect(held(volumeId)).resolves.toEqual([0x22]);
});

test('no VM gets a volume before the last commit is in it', async () => {
  const vmId = randomUUID();
  cloud.simulator.edit((world) => {
    const [oma] = world.vms;
    if (oma !== undefined) world.vms.push({ ...structuredClone(oma), id: vmId, name: `vm-${vmId}` });
  });
  const { volumeId, generation } = await committed();
  // Somebody has taken it off the appliance.
  await cloud.client.call('detachVolume', { id: volumeId });
  await until(() => cloud.simulator.world.volumes.find(({ id }) => id === volumeId)?.vmId === null, {
    withinMs: 30_000,
    what: 'the volume to be detached',
  });
  const refused = await stand.attach(volumeId, vmId);
  expect(refused.error).toMatch('overlay.not-merged');
  await expect(generation()).resolves.toBe(1);
  show();
  await stand.attach(volumeId);
  await stand.act(volumeId, 'detach');
  await expect(stand.attach(volumeId, vmId)).resolves.toMatchObject({ status: 'completed' });
  await expect(held(volumeId)).resolves.toEqual([0x22]);
});
