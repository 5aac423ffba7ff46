import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { upstream } from '../../../src/base/errors.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { sealOverlays } from '../../../src/db/stores/volume-overlay-store.ts';
import type { Volumes } from '../../../src/volumes/context.ts';
import type { OpenedExport, WantedOverlay } from '../../../src/volumes/contract.ts';
import { flushDevice } from '../../../src/volumes/device-flush.ts';
import type { ManualExport } from '../../../src/volumes/manual-export.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeReplicationJob } from '../../support/factories.ts';
import { processNaming } from '../../support/processes.ts';
import { addUnreadable, qemuIo } from '../../support/qemu-view.ts';
import { until } from '../../support/until.ts';
import { bytesAt, makeHost, type TestHost, type TestVolume } from '../../support/volumes.ts';

const KIB = 1024;
const AT = { offset: 1024 ** 2, length: 64 * KIB };
const NEXT = { offset: AT.offset + AT.length, length: 64 * KIB };
const WANTED = { key: 'snapshot-2', bytes: 1024 ** 2 };
const GOES_ON = { withinMs: 60_000, what: 'the overlay to be settled' };

let database: TestDatabase;
let host: TestHost;
let volumes: Volumes;
let volume: TestVolume;
let writer: { jobId: string; epoch: number };
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => begin());
afterEach(() => end());

async function begin(settings: Record<string, string> = {}): Promise<void> {
  host = makeHost(database.knex, settings);
  volumes = await host.open();
  volume = await host.attached();
  writer = await host.runningJob();
  // What the last cycle left in the volume.
  const opened = await volumes.exports.open(volume.volumeId, writer);
  await write(opened, AT, 0x11);
  await write(opened, NEXT, 0x11);
  await volumes.exports.close(volume.volumeId, writer);
}

async function end(): Promise<void> {
  await volumes.close();
  await host[Symbol.asyncDispose]();
  for (const table of [
    'volume_overlays',
    'nbd_exports',
    'device_mappings',
    'vm_disks',
    'ossea_volumes',
    'job_tracking',
  ]) {
    await database.knex(table).del();
  }
}

const uriOf = (opened: OpenedExport): string => opened.uris.unix ?? '';
const write = (opened: OpenedExport, at: typeof AT, byte: number): Promise<string> =>
  qemuIo(uriOf(opened), `write -P ${byte} ${at.offset} ${at.length}`, 'flush');
const reads = (opened: OpenedExport, at: typeof AT, byte: number): Promise<string> =>
  qemuIo(uriOf(opened), `read -P ${byte} ${at.offset} ${at.length}`);
const open = (wanted: Partial<WantedOverlay> = {}): Promise<OpenedExport> =>
  volumes.exports.open(volume.volumeId, writer, { ...WANTED, ...wanted });
const openInPlace = (): Promise<OpenedExport> => volumes.exports.open(volume.volumeId, writer);
const byHand = (): ManualExport => ({
  volumeId: volume.volumeId,
  devicePath: undefined,
  readOnly: true,
  vmName: null,
  vmId: null,
  diskNumber: null,
  metadata: {},
});
const held = (): Promise<number[]> => bytesAt(volume.path, AT);
const overlays = (): Promise<{ state: string; path: string; overlay_id: string }[]> =>
  database.knex('volume_overlays').select<{ state: string; path: string; overlay_id: string }[]>('*');
const files = (): string[] =>
  existsSync(host.config.overlays.dir)
    ? readdirSync(host.config.overlays.dir).filter((name) => name.endsWith('.qcow2'))
    : [];
const setJob = (columns: object): Promise<number> =>
  database.knex('job_tracking').where('id', writer.jobId).update(columns);
const ended = (): Promise<number> => setJob({ status: 'completed', dispatch_state: 'closed' });
const isSettled = async (): Promise<boolean> => (await overlays()).length === 0 && files().length === 0;

/** A cycle that wrote 0x22 and is flushed, closed and committed. */
async function sealed(): Promise<string> {
  const opened = await open();
  await write(opened, AT, 0x22);
  await volumes.exports.close(volume.volumeId, writer);
  await inTransaction(database.knex, (trx) => sealOverlays(trx, writer.jobId, [opened.overlay?.id ?? '']));
  return opened.overlay?.id ?? '';
}

describe('a cycle that lands in an overlay', () => {
  test('is read through its export, and nothing of it is in the volume', async () => {
    const opened = await open();
    expect(opened.overlay).toMatchObject({ resumed: false });
    await write(opened, AT, 0x22);
    await reads(opened, AT, 0x22);
    await reads(opened, NEXT, 0x11);
    await expect(held()).resolves.toEqual([0x11]);
  });

  test('hides with zeros what the volume has, and a discard shows nothing of it', async () => {
    const opened = await open();
    const odd = { offset: AT.offset + 100, length: AT.length + 1000 };
    await qemuIo(uriOf(opened), `write -z -u ${odd.offset} ${odd.length}`, 'flush');
    await reads(opened, odd, 0);
    await write(opened, NEXT, 0x22);
    await qemuIo(uriOf(opened), `discard ${NEXT.offset} ${NEXT.length}`, 'flush');
    const after = await Promise.allSettled([reads(opened, NEXT, 0x22), reads(opened, NEXT, 0)]);
    expect(after.map(({ status }) => status)).toContain('fulfilled');
    await expect(held()).resolves.toEqual([0x11]);
  });

  test('goes on in the same overlay under the same key, and starts anew under another', async () => {
    const first = await open();
    await write(first, AT, 0x22);
    const again = await open();
    expect(again.overlay).toEqual({ id: first.overlay?.id, resumed: true });
    await reads(again, AT, 0x22);
    const other = await open({ key: 'snapshot-3' });
    expect(other.overlay).toMatchObject({ resumed: false });
    await reads(other, AT, 0x11);
    expect(files()).toHaveLength(1);
  });

  test('is thrown away for a cycle that is to land in the volume', async () => {
    await write(await open(), AT, 0x22);
    const inPlace = await openInPlace();
    expect(inPlace.overlay).toBeNull();
    await reads(inPlace, AT, 0x11);
    await expect(isSettled()).resolves.toBe(true);
  });

  test.each([
    ['missing', (path: string) => rmSync(path)],
    ['broken', (path: string) => writeFileSync(path, 'this is no qcow2')],
  ])('starts anew where its file is %s', async (_what, harm) => {
    const first = await open();
    await volumes.exports.close(volume.volumeId, writer);
    for (const { path } of await overlays()) harm(path);
    const second = await open();
    expect(second.overlay).toMatchObject({ resumed: false });
    expect(second.overlay?.id).not.toBe(first.overlay?.id);
    await reads(second, AT, 0x11);
  });

  test('is thrown away when its job has ended, and its file with it', async () => {
    await write(await open(), AT, 0x22);
    await setJob({ status: 'failed', dispatch_state: 'closed' });
    await until(isSettled, GOES_ON);
    await expect(held()).resolves.toEqual([0x11]);
  });

  test('is kept for its job while that waits for its next worker, whoever wants the volume', async () => {
    await write(await open(), AT, 0x22);
    await setJob({ dispatch_state: 'queued' });
    const { exports } = volumes;
    await expect(exports.drop(volume.volumeId, undefined)).rejects.toMatchObject({ code: 'export.in-use' });
    const stranger = await host.runningJob();
    await expect(exports.open(volume.volumeId, stranger)).rejects.toMatchObject({ code: 'export.in-use' });
    const child = await host.runningJob({ parent_job_id: writer.jobId, child_key: 'detach' });
    await exports.drop(volume.volumeId, child.jobId);
    await expect(isSettled()).resolves.toBe(true);
  });
});

describe('a committed overlay', () => {
  test('is merged when its job asks for it', async () => {
    await sealed();
    await expect(held()).resolves.toEqual([0x11]);
    const answer = await volumes.exports.merge(volume.volumeId, writer);
    expect(answer).toEqual({ volume_id: volume.volumeId, state: 'merged', percent: 100 });
    await expect(held()).resolves.toEqual([0x22]);
    await expect(isSettled()).resolves.toBe(true);
  });

  test('is not merged before it is committed, nor for a worker that has lost its job', async () => {
    await open();
    await volumes.exports.close(volume.volumeId, writer);
    const ask = (epoch: number): Promise<unknown> => volumes.exports.merge(volume.volumeId, { ...writer, epoch });
    await expect(ask(1)).rejects.toMatchObject({ code: 'overlay.not-sealed' });
    await expect(ask(2)).rejects.toMatchObject({ code: 'export.stale-epoch' });
  });

  test.each([
    ['opens the volume in place', () => openInPlace()],
    ['opens it for the next cycle', () => open({ key: 'snapshot-3' })],
    ['opens it under the key of this one', () => open()],
    ['takes it away', () => volumes.exports.drop(volume.volumeId, undefined)],
    ['settles it', () => volumes.exports.settleOverlay(volume.volumeId)],
    ['looks at it by hand', () => volumes.exports.openByHand(byHand())],
  ])('is merged first by whoever %s', async (_what, act) => {
    const id = await sealed();
    await act();
    await expect(held()).resolves.toEqual([0x22]);
    expect((await overlays()).map((row) => row.overlay_id)).not.toContain(id);
  });

  test('waits above a volume that somebody took off, and is merged when that is back', async () => {
    await sealed();
    renameSync(volume.path, `${volume.path}.away`);
    await expect(volumes.exports.drop(volume.volumeId, undefined)).rejects.toMatchObject({
      code: 'volume.device-missing',
    });
    await volumes.exports.cut(volume.volumeId, undefined);
    expect(await overlays()).toMatchObject([{ state: 'sealed' }]);
    renameSync(`${volume.path}.away`, volume.path);
    await volumes.exports.drop(volume.volumeId, undefined);
    await expect(held()).resolves.toEqual([0x22]);
  });

  test('is merged by itself when its job has ended', async () => {
    await sealed();
    await ended();
    await until(isSettled, GOES_ON);
    await expect(held()).resolves.toEqual([0x22]);
  });

  test('is found by a volume daemon that starts anew, also half merged', async () => {
    await sealed();
    await volumes.close();
    await database.knex('volume_overlays').update({ state: 'merging' });
    await ended();
    volumes = await host.open();
    await until(isSettled, GOES_ON);
    await expect(held()).resolves.toEqual([0x22]);
  });

  test('stays, file and row, while the volume cannot be flushed', async () => {
    await sealed();
    await volumes.close();
    let isBroken = true;
    volumes = await host.open({
      flush: (device) => (isBroken ? Promise.reject(upstream('volume.flush-failed', 'EIO')) : flushDevice(device)),
    });
    const merge = (): Promise<unknown> => volumes.exports.merge(volume.volumeId, writer);
    await expect(merge()).rejects.toMatchObject({ code: 'volume.flush-failed' });
    expect(await overlays()).toMatchObject([{ state: 'merging' }]);
    expect(files()).toHaveLength(1);
    isBroken = false;
    await merge();
    await expect(held()).resolves.toEqual([0x22]);
    await expect(isSettled()).resolves.toBe(true);
  });

  test('stays, file and row, while qemu cannot read all of it', async () => {
    await sealed();
    const [row] = await overlays();
    const path = row?.path ?? '';
    const good = readFileSync(path);
    await addUnreadable(path, NEXT.offset);
    const merge = (): Promise<unknown> => volumes.exports.merge(volume.volumeId, writer);
    await expect(merge()).rejects.toMatchObject({ code: 'overlay.merge-failed' });
    expect(await overlays()).toMatchObject([{ state: 'merging' }]);
    expect(files()).toHaveLength(1);
    writeFileSync(path, good);
    await merge();
    await expect(held()).resolves.toEqual([0x22]);
    await expect(isSettled()).resolves.toBe(true);
  });

  test('keeps its file for as long as its row', async () => {
    await sealed();
    const { knex } = database;
    await knex.raw(
      "CREATE TRIGGER keep_overlays BEFORE DELETE ON volume_overlays FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'",
    );
    try {
      await expect(volumes.exports.merge(volume.volumeId, writer)).rejects.toThrow('the database refused a statement');
      expect(files()).toHaveLength(1);
    } finally {
      await knex.raw('DROP TRIGGER keep_overlays');
    }
    await volumes.exports.merge(volume.volumeId, writer);
    await expect(isSettled()).resolves.toBe(true);
    await expect(held()).resolves.toEqual([0x22]);
  });

  test.each<[string, (path: string) => void]>([
    ['missing', (path) => rmSync(path)],
    ['broken', (path) => writeFileSync(path, 'this is no qcow2')],
  ])('that is %s makes nobody believe the volume; one that is only out of sight is waited for', async (what, harm) => {
    const context = await makeContext(database.knex);
    const job = await makeReplicationJob(database.knex, context.context_id);
    const [row] = await database.knex('ossea_volumes').select<{ id: number }[]>('id');
    const at = { contextId: context.context_id, jobId: job.id };
    await makeDisk(database.knex, at, { ossea_volume_id: row?.id, target_generation: 3, committed_generation: 3 });
    await sealed();
    const { dir } = host.config.overlays;
    renameSync(dir, `${dir}.away`);
    await expect(open()).rejects.toMatchObject({ code: 'overlay.elsewhere' });
    expect(await overlays()).toHaveLength(1);
    renameSync(`${dir}.away`, dir);
    for (const name of files()) harm(join(dir, name));
    await openInPlace();
    const [disk] = await database
      .knex('vm_disks')
      .select<{ target_generation: number; last_full_reason: string }[]>('*');
    expect(disk).toMatchObject({ target_generation: 4, last_full_reason: expect.stringContaining(what) });
  });

  test('stays when its volume is to be deleted, and goes when that is gone', async () => {
    await sealed();
    const { exports } = volumes;
    await expect(exports.release(volume.volumeId, undefined)).rejects.toMatchObject({ code: 'export.in-use' });
    await exports.exclusively(volume.volumeId, async () => {
      await exports.release(volume.volumeId, writer.jobId);
      expect(await overlays()).toMatchObject([{ state: 'sealed' }]);
      expect(files()).toHaveLength(1);
      await exports.forget(volume.volumeId);
    });
    await expect(held()).resolves.toEqual([0x11]);
    await expect(isSettled()).resolves.toBe(true);
  });

  test('cannot be sealed any more when somebody has thrown it away', async () => {
    const opened = await open();
    await volumes.exports.close(volume.volumeId, writer);
    await open({ key: 'snapshot-3' });
    const seal = inTransaction(database.knex, (trx) => sealOverlays(trx, writer.jobId, [opened.overlay?.id ?? '']));
    await expect(seal).rejects.toMatchObject({ code: 'replication.overlay-gone' });
  });
});

describe('when qemu dies in the middle of a cycle', () => {
  const kill = (): void => void process.kill(processNaming(join(host.dir, 'run'), 'qemu-storage-daemon'), 'SIGKILL');
  const again = (opened: OpenedExport, byte: number): Promise<unknown> =>
    until(
      () =>
        reads(opened, AT, byte).then(
          () => true,
          () => false,
        ),
      { withinMs: 60_000, what: 'the export again' },
    );

  test('its export comes back with the overlay, and with what was flushed', async () => {
    const opened = await open();
    await write(opened, AT, 0x22);
    kill();
    await again(opened, 0x22);
    await expect(held()).resolves.toEqual([0x11]);
  });

  test.each<[string, () => unknown]>([
    ['without the overlay', async () => (await overlays()).forEach(({ path }) => rmSync(path))],
    ['with one that is committed', () => database.knex('volume_overlays').update({ state: 'sealed' })],
    ['with one of another cycle', () => database.knex('volume_overlays').update({ overlay_id: 'another' })],
  ])('its export does not come back %s', async (_what, harm) => {
    const first = await open();
    await harm();
    kill();
    await until(async () => (await database.knex('nbd_exports').where('status', 'failed').pluck('id')).length === 1, {
      withinMs: 60_000,
      what: 'the export to be given up',
    });
    expect((await open()).overlay?.id).not.toBe(first.overlay?.id);
  });
});

describe('where there is no room for an overlay', () => {
  test.each([
    ['all of them may take too little', { MIGRATEKIT_OVERLAY_MAX_BYTES: '1000000' }, 'overlays may take'],
    ['they are switched off', { MIGRATEKIT_ATOMIC_CYCLES: 'off' }, 'switched off'],
  ])(
    'because %s, the cycle lands in the volume and says so',
    async (_what, settings: Record<string, string>, reason) => {
      await end();
      await begin(settings);
      const opened = await open();
      expect(opened).toMatchObject({ overlay: null, in_place_reason: expect.stringContaining(reason) });
      await write(opened, AT, 0x22);
      await expect(held()).resolves.toEqual([0x22]);
    },
  );

  test('the cycle waits where it must have one', async () => {
    await end();
    await begin({ MIGRATEKIT_OVERLAY_MAX_BYTES: '1000000', MIGRATEKIT_ATOMIC_CYCLES: 'require' });
    await expect(open()).rejects.toMatchObject({ code: 'overlay.no-space', retry: 'later' });
    await expect(isSettled()).resolves.toBe(true);
  });

  test('what others have spoken for is not given away twice', async () => {
    await end();
    await begin({ MIGRATEKIT_OVERLAY_MAX_BYTES: '4000000' });
    const first = await open();
    const other = await host.attached();
    const second = await volumes.exports.open(other.volumeId, writer, WANTED);
    expect([first.overlay === null, second.overlay === null]).toEqual([false, true]);
  });

  test('what was committed is spoken for until it is merged, and then given back', async () => {
    await end();
    await begin({ MIGRATEKIT_OVERLAY_MAX_BYTES: '4000000' });
    await sealed();
    const other = await host.attached();
    const next = (): Promise<OpenedExport> => volumes.exports.open(other.volumeId, writer, WANTED);
    await expect(next()).resolves.toMatchObject({ overlay: null });
    await volumes.exports.merge(volume.volumeId, writer);
    await expect(next()).resolves.toMatchObject({ overlay: { resumed: false } });
  });

  test('one that ran full is not used again', async () => {
    const first = await open();
    const second = await open({ spent: first.overlay?.id ?? '' });
    expect(second).toMatchObject({ overlay: null, in_place_reason: expect.stringContaining('ran out of space') });
    await reads(second, AT, 0x11);
  });
});
