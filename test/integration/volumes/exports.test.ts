import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../src/lab/embedded/free-port.ts';
import type { Volumes } from '../../../src/volumes/context.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeReplicationJob } from '../../support/factories.ts';
import { connectWriter } from '../../support/nbd-writer.ts';
import { processNaming, standStill } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { bytesAt, makeHost, type TestHost, type TestVolume } from '../../support/volumes.ts';

const AT = { offset: 1024 ** 2, length: 65_536 };
const GIB = 1024 ** 3;

let database: TestDatabase;
let host: TestHost;
let volumes: Volumes;
let volume: TestVolume;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  host = makeHost(database.knex);
  volumes = await host.open();
  volume = await host.attached();
});
afterEach(async () => {
  await volumes.close();
  await host[Symbol.asyncDispose]();
  for (const table of ['nbd_exports', 'device_mappings', 'ossea_volumes', 'job_tracking']) {
    await database.knex(table).del();
  }
});

const uriOf = (opened: { uris: { unix?: string | undefined } }): string => opened.uris.unix ?? '';
const setJob = (jobId: string, columns: object): Promise<number> =>
  database.knex('job_tracking').where('id', jobId).update(columns);
const rowOf = async (volumeId: string): Promise<Record<string, unknown> | undefined> =>
  (await database.knex('nbd_exports').where('volume_id', volumeId).select<Record<string, unknown>[]>())[0];

describe('opening an export', () => {
  test('serves the volume under a name of this epoch, and what is written there is on the device', async () => {
    const writer = await host.runningJob();
    const opened = await volumes.exports.open(volume.volumeId, writer);
    expect(opened).toMatchObject({ size_bytes: GIB, device_path: volume.path });
    expect(opened.export_name).toMatch(new RegExp(`^migration-vol-${volume.volumeId}\\.1\\.[0-9a-f]{8}$`));
    await using client = await connectWriter(uriOf(opened));
    await expect(client.write(0x11, AT)).resolves.toMatch(/^wrote 65536/);
    await expect(bytesAt(volume.path, AT)).resolves.toEqual([0x11]);
  });

  test('takes more clients than one', async () => {
    const opened = await volumes.exports.open(volume.volumeId, await host.runningJob());
    await using first = await connectWriter(uriOf(opened));
    await using second = await connectWriter(uriOf(opened));
    await using third = await connectWriter(uriOf(opened));
    for (const client of [first, second, third]) expect(await client.write(1, AT)).toMatch(/^wrote/);
  });

  test('writes down who has it, linked to replication, disk, mapping and context, and that the volume was used', async () => {
    const context = await makeContext(database.knex);
    const job = await makeReplicationJob(database.knex, context.context_id);
    const writer = await host.runningJob({ id: job.id });
    const linked = await host.attached({ vm_context_id: context.context_id });
    const [row] = await database.knex('ossea_volumes').where('volume_id', linked.volumeId).select<{ id: number }[]>();
    const disk = await makeDisk(
      database.knex,
      { contextId: context.context_id, jobId: job.id },
      { ossea_volume_id: row?.id },
    );
    const opened = await volumes.exports.open(linked.volumeId, writer);
    const found = await rowOf(linked.volumeId);
    expect(found).toMatchObject({
      export_name: `migration-vol-${linked.volumeId}`,
      status: 'active',
      job_id: job.id,
      vm_context_id: context.context_id,
      vm_disk_id: disk.id,
      device_mapping_uuid: linked.volumeId,
      device_path: linked.path,
      port: 10_809,
    });
    expect(JSON.parse(String(found?.['metadata']))).toMatchObject({
      wire_name: opened.export_name,
      uris: opened.uris,
      job_id: job.id,
      epoch: 1,
    });
    const used = await database.knex('ossea_volumes').where('volume_id', linked.volumeId).whereNotNull('exported_at');
    expect(used).toHaveLength(1);
  });

  test('again in the same epoch gives a new name and ends the old one', async () => {
    const writer = await host.runningJob();
    const first = await volumes.exports.open(volume.volumeId, writer);
    await using client = await connectWriter(uriOf(first));
    await client.write(0x11, AT);
    const second = await volumes.exports.open(volume.volumeId, writer);
    expect(second.export_name).not.toBe(first.export_name);
    await expect(client.write(0x22, AT)).resolves.toMatch(/failed/);
    await expect(bytesAt(volume.path, AT)).resolves.toEqual([0x11]);
  });

  test.each([
    ['of an older epoch', { lease_epoch: 2 }],
    ['of a job that ended', { status: 'failed', dispatch_state: 'closed' }],
    ['of a job that waits for its next worker', { dispatch_state: 'queued' }],
  ])('is refused to a worker %s, and takes nothing from the running one', async (_what, columns) => {
    const writer = await host.runningJob();
    await setJob(writer.jobId, columns);
    await expect(volumes.exports.open(volume.volumeId, writer)).rejects.toMatchObject({
      code: 'export.stale-epoch',
      kind: 'conflict',
    });
    await expect(rowOf(volume.volumeId)).resolves.toBeUndefined();
  });

  test('is refused to a job that the ledger does not know', async () => {
    await expect(volumes.exports.open(volume.volumeId, { jobId: 'job-x', epoch: 1 })).rejects.toMatchObject({
      code: 'export.stale-epoch',
    });
  });

  test('is refused while another job writes there, and that one goes on', async () => {
    const opened = await volumes.exports.open(volume.volumeId, await host.runningJob());
    await using client = await connectWriter(uriOf(opened));
    const other = await host.runningJob();
    await expect(volumes.exports.open(volume.volumeId, other)).rejects.toMatchObject({ code: 'export.in-use' });
    await expect(client.write(0x33, AT)).resolves.toMatch(/^wrote/);
  });

  test('is refused for a volume that is not attached, has another size, or is gone', async () => {
    const writer = await host.runningJob();
    truncateSync(volume.path, GIB / 2);
    await expect(volumes.exports.open(volume.volumeId, writer)).rejects.toMatchObject({ code: 'volume.device-size' });
    truncateSync(volume.path, GIB);
    await database.knex('ossea_volumes').update({ size_gb: 2 });
    await expect(volumes.exports.open(volume.volumeId, writer)).rejects.toMatchObject({ code: 'export.too-small' });
    await database.knex('device_mappings').update({ cloudstack_state: 'attaching' });
    await expect(volumes.exports.open(volume.volumeId, writer)).rejects.toMatchObject({ code: 'export.not-attached' });
    const unused = await database.knex('ossea_volumes').whereNull('exported_at');
    expect(unused).toHaveLength(1);
  });
});

describe('over TCP', () => {
  test('an export has a TCP address, and the row its port', async () => {
    const port = await freePort();
    await using tcp = makeHost(database.knex, { MIGRATEKIT_NBD_TRANSPORT: 'tcp', MIGRATEKIT_NBD_PORT: String(port) });
    await using served = await tcp.open();
    const there = await tcp.attached();
    const opened = await served.exports.open(there.volumeId, await tcp.runningJob());
    expect(opened.uris).toEqual({ tcp: `nbd://127.0.0.1:${port}/${opened.export_name}` });
    await using client = await connectWriter(opened.uris.tcp ?? '');
    await expect(client.write(0x12, AT)).resolves.toMatch(/^wrote/);
    await expect(rowOf(there.volumeId)).resolves.toMatchObject({ port });
  });
});

describe('the fence', () => {
  test('a worker that was stopped and wakes up finds no export: its writes reach nothing', async () => {
    const old = await host.runningJob();
    const first = await volumes.exports.open(volume.volumeId, old);
    await using zombie = await connectWriter(uriOf(first));
    await zombie.write(0x11, AT);
    await standStill(zombie.pid);
    const late = zombie.write(0xee, AT);
    await setJob(old.jobId, { lease_epoch: 2 });
    const second = await volumes.exports.open(volume.volumeId, { ...old, epoch: 2 });
    await using successor = await connectWriter(uriOf(second));
    await expect(successor.write(0x22, AT)).resolves.toMatch(/^wrote/);

    process.kill(zombie.pid, 'SIGCONT');

    await expect(late).resolves.toMatch(/failed|ended/);
    await expect(volumes.exports.open(volume.volumeId, old)).rejects.toMatchObject({ code: 'export.stale-epoch' });
    await expect(bytesAt(volume.path, AT)).resolves.toEqual([0x22]);
    expect(second.export_name).toContain('.2.');
  });

  test('no byte of a writer in full flight lands after the next epoch was let in', async () => {
    const writer = await host.runningJob();
    const first = await volumes.exports.open(volume.volumeId, writer);
    const source = ['nbdkit', '-U', '-', 'pattern', '1G', '--run', `nbdcopy "$uri" '${uriOf(first)}'`];
    const flood = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...source], { stdio: 'ignore' });
    const ended = once(flood, 'close');
    // Offset 8 of the pattern is not zero: the flood has begun.
    await until(async () => (await bytesAt(volume.path, { offset: 8, length: 8 })).some((byte) => byte !== 0), {
      withinMs: 30_000,
      what: 'the first bytes',
    });
    await setJob(writer.jobId, { lease_epoch: 2 });
    await volumes.exports.open(volume.volumeId, { ...writer, epoch: 2 });
    const atOpening = await hashOf(volume.path);
    await ended;
    await expect(hashOf(volume.path)).resolves.toBe(atOpening);
    expect(flood.exitCode).not.toBe(0);
  });

  test('many openings at once leave one export, the one of the last', async () => {
    const writer = await host.runningJob();
    const opened = await Promise.all(Array.from({ length: 5 }, () => volumes.exports.open(volume.volumeId, writer)));
    const usable = await Promise.all(opened.map((each) => connected(uriOf(each))));
    expect(usable).toEqual([false, false, false, false, true]);
  });

  test('does not touch other volumes', async () => {
    const writer = await host.runningJob();
    const other = await host.attached();
    const [mine, theirs] = await Promise.all([
      volumes.exports.open(volume.volumeId, writer),
      volumes.exports.open(other.volumeId, writer),
    ]);
    await using client = await connectWriter(uriOf(theirs));
    await volumes.exports.open(volume.volumeId, writer);
    await volumes.exports.close(volume.volumeId, writer);
    await expect(client.write(0x44, AT)).resolves.toMatch(/^wrote/);
    await expect(bytesAt(other.path, AT)).resolves.toEqual([0x44]);
    expect(mine.export_name).not.toBe(theirs.export_name);
  });

  test('refuses a second volume that leads to the same device', async () => {
    const writer = await host.runningJob();
    const twin = await host.attached();
    await volumes.exports.open(volume.volumeId, writer);
    renameSync(twin.path, `${twin.path}.away`);
    spawnSync('ln', [volume.path, twin.path]);
    await expect(volumes.exports.open(twin.volumeId, writer)).rejects.toMatchObject({ code: 'export.device-open' });
  });
});

describe('closing an export', () => {
  test('is for the epoch that opened it, or a later one of the same job', async () => {
    const writer = await host.runningJob();
    const opened = await volumes.exports.open(volume.volumeId, writer);
    await using client = await connectWriter(uriOf(opened));
    const stranger = await host.runningJob();
    await expect(volumes.exports.close(volume.volumeId, stranger)).resolves.toBe(false);
    await expect(client.write(1, AT)).resolves.toMatch(/^wrote/);
    await expect(volumes.exports.close(volume.volumeId, { ...writer, epoch: 3 })).resolves.toBe(true);
    await expect(client.write(2, AT)).resolves.toMatch(/failed|ended/);
    await expect(rowOf(volume.volumeId)).resolves.toBeUndefined();
    await expect(volumes.exports.close(volume.volumeId, writer)).resolves.toBe(false);
  });

  test('happens by itself when the job ends, and when its row vanishes', async () => {
    const writer = await host.runningJob();
    const other = await host.attached();
    const [first, second] = [
      await volumes.exports.open(volume.volumeId, writer),
      await volumes.exports.open(other.volumeId, await host.runningJob()),
    ];
    await using one = await connectWriter(uriOf(first));
    await using two = await connectWriter(uriOf(second));
    await setJob(writer.jobId, { status: 'cancelled', dispatch_state: 'closed' });
    await database.knex('nbd_exports').where('volume_id', other.volumeId).del();
    const cut = async (client: typeof one): Promise<boolean> => !(await client.write(1, AT)).startsWith('wrote');
    await until(() => cut(one), { withinMs: 30_000, what: 'the end of the export of an ended job' });
    await until(() => cut(two), { withinMs: 30_000, what: 'the end of the export without a row' });
    await until(async () => (await rowOf(volume.volumeId)) === undefined, { withinMs: 30_000, what: 'no row' });
  });

  test('for whoever takes the volume away is refused while a job writes there, unless it is its parent', async () => {
    const writer = await host.runningJob();
    await volumes.exports.open(volume.volumeId, writer);
    const { exports } = volumes;
    const stranger = await host.runningJob();
    await expect(exports.drop(volume.volumeId, undefined)).rejects.toMatchObject({ code: 'export.in-use' });
    await expect(exports.drop(volume.volumeId, stranger.jobId)).rejects.toMatchObject({ code: 'export.in-use' });
    const child = await host.runningJob({ parent_job_id: writer.jobId, child_key: 'detach' });
    await expect(exports.drop(volume.volumeId, child.jobId)).resolves.toBe(true);
    await expect(exports.drop(volume.volumeId, undefined)).resolves.toBe(false);
  });
});

describe('when qemu dies', () => {
  const qemuPid = (): number => processNaming(join(host.dir, 'run'), 'qemu-storage-daemon');

  test('what a running epoch had open comes back under its name, what an ended one had does not', async () => {
    const writer = await host.runningJob();
    const dead = await host.runningJob();
    const other = await host.attached();
    const live = await volumes.exports.open(volume.volumeId, writer);
    await volumes.exports.open(other.volumeId, dead);
    await setJob(dead.jobId, { lease_epoch: 2 });
    process.kill(qemuPid(), 'SIGKILL');
    await until(async () => (await connected(uriOf(live))) && true, { withinMs: 60_000, what: 'the export again' });
    await until(async () => (await rowOf(other.volumeId)) === undefined, { withinMs: 60_000, what: 'the other gone' });
  });

  test('a volume daemon that starts anew finds what the last one left', async () => {
    const writer = await host.runningJob();
    const live = await volumes.exports.open(volume.volumeId, writer);
    await volumes.close();
    await expect(connected(uriOf(live))).resolves.toBe(false);
    volumes = await host.open();
    await until(() => connected(uriOf(live)), { withinMs: 60_000, what: 'the export again' });
    await expect(volumes.exports.open(volume.volumeId, writer)).resolves.toMatchObject({ size_bytes: GIB });
  });

  test('a second volume daemon in the same folder is refused, and the first goes on', async () => {
    const opened = await volumes.exports.open(volume.volumeId, await host.runningJob());
    await using client = await connectWriter(uriOf(opened));
    await expect(host.open()).rejects.toMatchObject({ code: 'qemu.start-failed' });
    await expect(client.write(0x55, AT)).resolves.toMatch(/^wrote/);
    await expect(connected(uriOf(opened))).resolves.toBe(true);
  });
});

async function connected(uri: string): Promise<boolean> {
  await using client = await connectWriter(uri);
  return (await client.write(0x66, AT)).startsWith('wrote');
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 ** 2 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
