import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { GiB, KiB, MiB } from '../../../src/base/units.ts';
import { hashesFrom, type HashRecord } from '../../../src/hashes/client.ts';
import { freePort } from '../../../src/lab/embedded/free-port.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { differingRanges } from '../../../src/transfer/verify/differing-ranges.ts';
import type { SourceSession } from '../../../src/vma/contract.ts';
import { createVolumeDaemonClient, type ExportCall, type VolumeDaemonClient } from '../../../src/volumes/client.ts';
import type { OpenedExport } from '../../../src/volumes/contract.ts';
import { startTestCloud, type TestCloud } from '../../support/cloudstack.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeJob } from '../../support/factories.ts';
import { noise, sha256OfFile } from '../../support/nbd-servers.ts';
import { until } from '../../support/until.ts';
import { makeDaemon, type TestDaemon } from '../../support/volume-daemon.ts';
import { rawImage, sessionRequest, TOKEN, uriOf, vmaStand, writeAt, type VmaStand } from '../../support/vma-stand.ts';

const DISK = 'disk-2000';
/** Neither whole blocks nor whole GiB. */
const CAPACITY = 24 * MiB + 3 * 512;
const WHOLE = { offset: 0, length: CAPACITY };
/** Slow enough to be caught in the middle: a block in 250 ms. */
const SLOWLY = 4 * MiB;
const PARTS = [
  { at: 0, bytes: noise(10 * MiB, 1) },
  { at: 20 * MiB, bytes: noise(CAPACITY - 20 * MiB, 2) },
];

let database: TestDatabase;
let cloud: TestCloud;
let daemon: TestDaemon;
let vma: VmaStand;
let volumes: VolumeDaemonClient;
let session: SourceSession;
let writer: ExportCall;
let target: OpenedExport;

beforeAll(async () => {
  database = await createTestDatabase();
  cloud = await startTestCloud();
  daemon = await makeDaemon(cloud, database);
  await daemon.start();
  vma = await vmaStand({ config: { port: await freePort() } });
  await mkdir(join(vma.root, 'web01'));
  await rawImage(join(vma.root, 'web01/disk.img'), CAPACITY, PARTS);
  session = await vma.client.createSession(sessionRequest('web01'));
  volumes = createVolumeDaemonClient({ url: daemon.url(), token: daemon.token });
  writer = await attachedVolume();
  target = await volumes.openExport(writer);
});
afterAll(async () => {
  await vma.close();
  await daemon[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** A volume of 2 GiB on the appliance, and a job that runs. */
async function attachedVolume(): Promise<ExportCall> {
  const { ids } = cloud.simulator;
  const made = await daemon.operation('POST', '/volumes', {
    name: `web01-${randomUUID().slice(0, 8)}`,
    size: GiB + 1,
    disk_offering_id: ids.diskOffering,
    zone_id: ids.zone,
  });
  const volumeId = String(made.volume_id);
  await daemon.operation('POST', `/volumes/${volumeId}/attach`, { vm_id: ids.omaVm });
  const job = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
  return { volumeId, jobId: job.id, epoch: 1 };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const sourceHashes = (range: ByteRange & { blockBytes?: number; rateBytesPerS?: number } = WHOLE, epoch = 1) =>
  vma.client.hashes(session.session_id, DISK, { epoch, range });
const targetHashes = (range: ByteRange & { blockBytes?: number } = WHOLE, call = writer) =>
  volumes.hashes({ ...call, range });

const differences = (blockBytes?: number): AsyncGenerator<ByteRange> => {
  const range = { ...WHOLE, ...(blockBytes === undefined ? {} : { blockBytes }) };
  return differingRanges(
    { name: 'source', records: sourceHashes(range) },
    { name: 'target', records: targetHashes(range) },
    WHOLE,
  );
};

/** The image on the volume, and something else behind its end. */
async function replicate(): Promise<void> {
  await writeAt(target.device_path, 0, Buffer.alloc(CAPACITY));
  for (const { at, bytes } of PARTS) await writeAt(target.device_path, at, bytes);
  await writeAt(target.device_path, CAPACITY, noise(MiB, 3));
}

const ask = (query: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${vma.url}/api/v1/source-sessions/${session.session_id}/disks/${DISK}/hashes?${query}`, {
    headers: { authorization: `Bearer ${TOKEN}` },
    ...init,
  });

describe('comparing a replica with its source by hashes', () => {
  test('finds nothing when both are equal, however the zeros are stored and whatever follows the disk', async () => {
    await replicate();
    expect(await collect(differences())).toEqual([]);
    expect(await collect(differences(64 * KiB))).toEqual([]);
    const zeros = (await collect(sourceHashes())).filter((record) => record.kind === 'zero');
    expect(zeros).toEqual([{ kind: 'zero', offset: 10 * MiB, length: 10 * MiB }]);
  });

  test('finds exactly the blocks that differ, and a copy of these makes both equal', async () => {
    await replicate();
    // Data over data, a byte; data over a hole; a hole over data; the last byte of the disk.
    await writeAt(target.device_path, 2 * MiB + 17, Buffer.from([1, 2, 3]));
    await writeAt(target.device_path, 13 * MiB - 1, Buffer.from([9]));
    await writeAt(target.device_path, 5 * MiB, Buffer.alloc(2 * MiB));
    await writeAt(target.device_path, CAPACITY - 1, Buffer.from([0]));
    const expected = [
      { offset: 2 * MiB, length: MiB },
      { offset: 5 * MiB, length: 2 * MiB },
      { offset: 12 * MiB, length: MiB },
      { offset: 24 * MiB, length: 3 * 512 },
    ];
    expect(await collect(differences())).toEqual(expected);
    await using from = await openNbdDevice(uriOf(session), { readOnly: true });
    await using to = await openNbdDevice(target.uris.unix ?? '');
    const result = await copyDisk({ source: from, target: to, lengthBytes: CAPACITY, extents: differences() });
    expect(result.bytesTotal).toBe(4 * MiB + 3 * 512);
    expect(await sha256OfFile(target.device_path, CAPACITY)).toBe(await sha256OfFile(join(vma.root, 'web01/disk.img')));
    expect(await collect(differences())).toEqual([]);
    await using file = await open(target.device_path);
    const { buffer } = await file.read(Buffer.alloc(MiB), 0, MiB, CAPACITY);
    expect(buffer.equals(noise(MiB, 3))).toBe(true);
  });

  test('covers a part of the disk when a part is asked for', async () => {
    const whole = await collect(sourceHashes({ ...WHOLE, blockBytes: 128 * KiB }));
    const part = { offset: 22 * MiB, length: CAPACITY - 22 * MiB, blockBytes: 128 * KiB };
    expect(await collect(sourceHashes(part))).toEqual(whole.filter((record) => record.offset >= 22 * MiB));
  });
});

describe('the hashes of a source session', () => {
  test.each([
    ['an older epoch', 'epoch=0', '409 session.stale-epoch'],
    ['no epoch', '', '400 request.invalid'],
    ['an offset inside a block', 'epoch=1&offset=512', '400 request.invalid'],
    ['bytes behind the disk', `epoch=1&length=${CAPACITY + 1}`, '400 request.invalid'],
    ['an offset behind the disk', `epoch=1&offset=${100 * MiB}`, '400 request.invalid'],
    ['blocks that are no power of two', 'epoch=1&block_bytes=100000', '400 request.invalid'],
    ['blocks that are too small', 'epoch=1&block_bytes=512', '400 request.invalid'],
  ])('are refused for %s', async (_what, query, refusal) => {
    const response = await ask(query);
    const { code } = (await response.json()) as { code: string };
    expect(`${response.status} ${code}`).toBe(refusal);
  });

  test('are refused without the shared secret, and for a disk or a session that is not there', async () => {
    expect((await ask('epoch=1', { headers: {} })).status).toBe(401);
    const call = { epoch: 1, range: WHOLE };
    const other = vma.client.hashes(session.session_id, 'disk-9', call);
    await expect(collect(other)).rejects.toMatchObject({ code: 'session.disk-unknown' });
    await expect(collect(vma.client.hashes('job-9', DISK, call))).rejects.toMatchObject({ code: 'session.unknown' });
  });

  test('have a number of places, which are free again soon after their readers went', async () => {
    const readers = new AbortController();
    const slow = `epoch=1&rate_bytes_per_s=${MiB}`;
    const held = await Promise.all(Array.from({ length: 8 }, () => ask(slow, readersOf(readers))));
    expect(held.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    const refused = await ask(slow);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({ code: 'hashes.busy' });
    readers.abort();
    const end = await until(
      async () => ((await ask('epoch=1&length=0')).status === 200 ? performance.now() : undefined),
      {
        withinMs: 10_000,
        what: 'a free place',
      },
    );
    expect(end).toBeGreaterThan(0);
  });

  test('go on where they were when the VMA is started anew in the middle', async () => {
    const expected = await collect(sourceHashes());
    const got: HashRecord[] = [];
    for await (const record of sourceHashes({ ...WHOLE, rateBytesPerS: 2 * SLOWLY })) {
      got.push(record);
      if (got.length === 4) await vma.restart();
    }
    expect(got.length).toBeGreaterThan(4);
    expect(got).toEqual(expected);
  });

  test('end with an error when the session gets another owner, and when it ends', async () => {
    const own = await vma.client.createSession({ ...sessionRequest('web01'), epoch: 2 });
    expect(own.session_id).toBe(session.session_id);
    const stream = sourceHashes({ ...WHOLE, rateBytesPerS: SLOWLY }, 2)[Symbol.asyncIterator]();
    await stream.next();
    await vma.client.createSession({ ...sessionRequest('web01'), epoch: 3 });
    await expect(drain(stream)).rejects.toMatchObject({ code: 'session.stale-epoch' });
    const last = sourceHashes({ ...WHOLE, rateBytesPerS: SLOWLY }, 3)[Symbol.asyncIterator]();
    await last.next();
    await vma.client.endSession(session.session_id, { epoch: 3, committed: false });
    await expect(drain(last)).rejects.toMatchObject({ code: 'session.unknown' });
  });
});

describe('the hashes of a volume', () => {
  test('are for the epoch that has it open, and for nobody else', async () => {
    const other = await makeJob(database.knex, { status: 'running', dispatch_state: 'claimed', lease_epoch: 1 });
    const failing = (call: ExportCall): Promise<unknown> => collect(targetHashes(WHOLE, call));
    await expect(failing({ ...writer, epoch: 2 })).rejects.toMatchObject({ code: 'export.stale-epoch' });
    await expect(failing({ ...writer, jobId: other.id })).rejects.toMatchObject({ code: 'export.not-open' });
    await expect(failing({ ...writer, volumeId: randomUUID() })).rejects.toMatchObject({ code: 'export.not-open' });
  });

  test('end with an error when the job is in other hands', async () => {
    await replicate();
    const call = await attachedVolume();
    const { device_path: path } = await volumes.openExport(call);
    await writeAt(path, 0, noise(16 * MiB, 5));
    const range = { ...WHOLE, rateBytesPerS: SLOWLY };
    const stream = volumes.hashes({ ...call, range })[Symbol.asyncIterator]();
    await stream.next();
    await database.knex('job_tracking').where('id', call.jobId).update({ lease_epoch: 2 });
    await expect(drain(stream)).rejects.toMatchObject({ code: 'export.stale-epoch' });
  });

  test('end with an error, not with the end, when the daemon is killed in the middle', async () => {
    const stream = hashesFrom({
      peer: { name: 'volume-daemon', url: `${daemon.url()}/api/v1`, token: daemon.token },
      path: `/exports/${writer.volumeId}/hashes`,
      query: { job_id: writer.jobId, epoch: '1' },
      range: { ...WHOLE, rateBytesPerS: SLOWLY },
      outageMs: 300,
    });
    await stream.next();
    await daemon.kill('SIGKILL');
    await expect(drain(stream)).rejects.toMatchObject({ code: 'volume-daemon.unreachable' });
  });
});

async function drain(stream: AsyncIterator<unknown>): Promise<void> {
  for (;;) if ((await stream.next()).done === true) return;
}

const readersOf = (readers: AbortController): RequestInit => ({
  headers: { authorization: `Bearer ${TOKEN}` },
  signal: readers.signal,
});
