import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice, type NbdDevice } from '../../../src/nbd/device.ts';
import type { NbdDeviceOptions } from '../../../src/nbd/device-options.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import type { CopyOptions, CopyResult } from '../../../src/transfer/copy-options.ts';
import { normalise, sumBytes } from '../../../src/transfer/ranges.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';
import { checkpointAt, lastLine, startCopy } from '../../support/copy-command.ts';
import { Random } from '../../support/frozen-source.ts';
import {
  type NbdServer,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startQemuNbd,
  TestFolder,
  writeImage,
} from '../../support/nbd-servers.ts';
import { RequestLog } from '../../support/request-log.ts';
import { until } from '../../support/until.ts';

/** Targets that acknowledge writes long before these are durable, and lose them. */

const SIZE = 48 * MiB;
const DATA = [
  { offset: 0, length: 20 * MiB },
  { offset: 24 * MiB + 512, length: 24 * MiB - 512 },
];
const timeouts = { handshakeMs: 5 * SECOND, stallMs: 20 * SECOND, flushMs: 20 * SECOND, outageMs: 30 * SECOND };

interface Lossy extends AsyncDisposable {
  readonly uri: string;
  /** Content of the disk as it would be after a power cut, of these ranges. */
  read(ranges: readonly ByteRange[]): Promise<Buffer[]>;
  /** Loses what is not durable; the promise settles before anybody can connect again. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

async function readFileRanges(path: string, ranges: readonly ByteRange[]): Promise<Buffer[]> {
  await using file = await open(path);
  const parts: Buffer[] = [];
  for (const { offset, length } of ranges) {
    const part = Buffer.alloc(length);
    await file.read(part, 0, length, offset);
    parts.push(part);
  }
  return parts;
}

/** nbdkit keeps what was written in its own cache until a FLUSH; killed, that is gone. */
async function overFile(folder: TestFolder, path: string): Promise<Lossy> {
  const filters = ['--filter=log', '--filter=cache'];
  const server = await startNbdkit(folder, ...filters, 'file', path, 'cache=writeback', `logfile=${path}.log`);
  return {
    uri: server.uri(),
    read: (ranges) => readFileRanges(path, ranges),
    kill: () => server.kill(),
    restart: () => server.restart(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The same before a qemu-nbd with a qcow2 image, whose own cache is the kernel's; both are killed. */
async function overQcow2(folder: TestFolder, path: string): Promise<Lossy> {
  const image = `${path}.qcow2`;
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', path, image]);
  await using stack = new AsyncDisposableStack();
  const qemu = stack.use(await startQemuNbd(folder, '--format=qcow2', '--cache=writeback', '--shared=8', image));
  const cache = stack.use(await startNbdkit(folder, '--filter=cache', 'nbd', `uri=${qemu.uri()}`, 'cache=writeback'));
  const owned = stack.move();
  return {
    uri: cache.uri(),
    async read(ranges) {
      execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', '--force-share', image, `${path}.now`]);
      return readFileRanges(`${path}.now`, ranges);
    },
    async kill() {
      await Promise.all([cache.kill(), qemu.kill()]);
    },
    async restart() {
      await qemu.restart();
      await cache.restart();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Case {
  readonly name: string;
  readonly target: (folder: TestFolder, path: string) => Promise<Lossy>;
  readonly connections: number;
  readonly seed: number;
}

const CASES: Case[] = [
  { name: 'nbdkit over a file', target: overFile, connections: 4, seed: 1 },
  { name: 'nbdkit over a file, one connection', target: overFile, connections: 1, seed: 2 },
  { name: 'nbdkit over qemu-nbd over qcow2', target: overQcow2, connections: 2, seed: 3 },
];

test.each(CASES)('what a checkpoint names survives $name that is killed', async ({ target, connections, seed }) => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await target(folder, used);
  await using source = await openNbdDevice(from.uri(), { readOnly: true });
  await using device = await openNbdDevice(to.uri, { connections, retries: 20, timeouts });
  const random = new Random(seed);
  const done: ByteRange[] = [];
  let copied = 0;
  const rate = new RateLimit(4 * MiB);
  const copy = copyDisk({
    source,
    target: device,
    lengthBytes: SIZE,
    rate,
    checkpoint: { done: [], save: (ranges) => Promise.resolve(void done.push(...ranges)), everyMs: 300 },
    progress: ({ bytesCopied }) => (copied = bytesCopied),
  });
  copy.catch(() => undefined);

  for (let kill = 0; kill < 3; kill += 1) {
    const [saved, further] = [done.length, random.below(MiB)];
    await until(() => done.length > saved, { withinMs: 60 * SECOND, what: 'a checkpoint' });
    const from = copied;
    await until(() => copied >= from + further, { withinMs: 60 * SECOND, what: 'more writes' });
    await to.kill();
    const claimed = normalise(done);
    const [theirs, ours] = [await to.read(claimed), await readFileRanges(image, claimed)];
    expect(theirs.map((part, index) => part.equals(ours[index] ?? part))).toEqual(claimed.map(() => true));
    await to.restart();
  }

  rate.set(undefined);
  const result = await copy;
  expect(device.restarts).toBeGreaterThanOrEqual(3);
  expect(result.retries).toBeGreaterThan(0);
  expect(sumBytes(normalise(done))).toBe(SIZE);
  expect(sumBytes(done)).toBe(SIZE);
  await to.kill();
  const [content] = await to.read([{ offset: 0, length: SIZE }]);
  expect(content?.equals(readFileSync(image))).toBe(true);
});

test('the same with the command, whose threads have connections of their own', async () => {
  using folder = new TestFolder();
  const checkpoint = folder.file('checkpoint');
  // Enough that a second thread is taken at all, and little to carry.
  const size = 272 * MiB;
  const data = Array.from({ length: 17 }, (_, at) => ({ offset: at * 16 * MiB + 512, length: 2 * MiB }));
  const { image, used } = await sourceAndUsedTarget(folder, size, data);
  await using to = await overFile(folder, used);
  const options = ['--threads', '2', '--connections', '2', '--retries', '20', '--rate', String(6 * MiB)];
  // At this rate no thread needs more than its first connection.
  const writers = (): number =>
    new Set(
      RequestLog.read(`${used}.log`)
        .of('Write')
        .map((one) => one.connection),
    ).size;
  const { ended } = startCopy(folder, [image, to.uri, '--checkpoint', checkpoint, '--json', ...options]);
  for (let kill = 0; kill < 2; kill += 1) {
    const saved = sumBytes(checkpointAt(checkpoint)?.done ?? []);
    await until(() => sumBytes(checkpointAt(checkpoint)?.done ?? []) > saved, {
      withinMs: 60 * SECOND,
      what: 'a checkpoint',
    });
    // The log is that of the server that runs now.
    await until(() => writers() >= 2, { withinMs: 60 * SECOND, what: 'writes of both threads' });
    await to.kill();
    const claimed = checkpointAt(checkpoint)?.done ?? [];
    const [theirs, ours] = [await to.read(claimed), await readFileRanges(image, claimed)];
    expect(theirs.map((part, index) => part.equals(ours[index] ?? part))).toEqual(claimed.map(() => true));
    await to.restart();
  }
  const { code, stdout, stderr } = await ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(lastLine(stdout)).toMatchObject({ bytes_total: size, resumed: false });
  expect((lastLine(stdout) as { retries: number }).retries).toBeGreaterThan(0);
  await to.kill();
  expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
});

/**
 * A disk like a kernel's: writes wait in memory (here: files of a folder) for a FLUSH. A FLUSH that fails tells of lost
 * writes once, and the next one succeeds without them. Source: fsync(2), "ERRORS".
 */
function forgetful(folder: TestFolder, disk: string, isMultiConn = true): Promise<NbdServer> {
  const waiting = folder.file('waiting');
  const apply =
    `if [ -e ${folder.file('blocked')} ]; then touch ${folder.file('waits')}; ` +
    `while [ -e ${folder.file('blocked')} ]; do sleep 0.05; done; fi; ` +
    // It takes a while to fail, and what is acknowledged meanwhile is lost too.
    `if [ -e ${folder.file('broken')} ]; then sleep 0.5; rm -f ${waiting}/* ${folder.file('broken')}; ` +
    `touch ${folder.file('failed')}; ` +
    `echo 'EIO lost' >&2; exit 1; fi; ` +
    `for f in $(ls ${waiting}); do dd if=${waiting}/$f of=${disk} bs=1M seek=$f oflag=seek_bytes conv=notrunc ` +
    `status=none && rm ${waiting}/$f; done`;
  return startNbdkit(
    folder,
    'eval',
    'thread_model=echo parallel',
    `get_size=mkdir -p ${waiting}; echo ${SMALL}`,
    `pread=dd if=${disk} bs=1M skip=$4 count=$3 iflag=skip_bytes,count_bytes status=none`,
    `pwrite=cat >${waiting}.$4 && mv ${waiting}.$4 ${waiting}/$4`,
    'can_write=exit 0',
    'can_flush=exit 0',
    `can_multi_conn=exit ${isMultiConn ? 0 : 3}`,
    `flush=${apply}`,
  );
}

const SMALL = 12 * MiB;

describe('a target whose FLUSH', () => {
  async function copyTo(
    server: NbdServer,
    { image, options, copy }: { image: NbdServer; options: NbdDeviceOptions; copy: Partial<CopyOptions> },
  ): Promise<CopyResult> {
    await using source: NbdDevice = await openNbdDevice(image.uri(), { readOnly: true });
    await using target: NbdDevice = await openNbdDevice(server.uri(), options);
    return await copyDisk({ source, target, lengthBytes: SMALL, rate: new RateLimit(8 * MiB), ...copy });
  }

  test.each([
    ['several connections', true],
    ['one connection', false],
  ])('fails once and then succeeds without the data, on %s, gets all of it again', async (_name, isMultiConn) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SMALL);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await forgetful(folder, used, isMultiConn);
    const done: ByteRange[] = [];
    const save = async (ranges: readonly ByteRange[]): Promise<void> => {
      const [theirs, ours] = [await readFileRanges(used, ranges), await readFileRanges(image, ranges)];
      expect(theirs.map((part, index) => part.equals(ours[index] ?? part))).toEqual(ranges.map(() => true));
      done.push(...ranges);
      if (done.length === ranges.length) await writeFile(folder.file('broken'), '');
    };
    const checkpoint = { done: [], save, everyMs: 200 };
    const result = await copyTo(to, { image: from, options: {}, copy: { checkpoint } });

    expect(readFileSync(folder.file('failed'), 'utf8')).toBe('');
    expect(result.retries).toBeGreaterThan(0);
    expect(normalise(done)).toEqual([{ offset: 0, length: SMALL }]);
    expect(sumBytes(done)).toBe(SMALL);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('hangs is left, and what it held is written again when it comes back', async () => {
    using folder = new TestFolder();
    const blocked = folder.file('blocked');
    const { image, used } = await sourceAndUsedTarget(folder, SMALL);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await forgetful(folder, used);
    await writeFile(blocked, '');
    const options = { retries: 20, timeouts: { ...timeouts, flushMs: 500, stallMs: 5 * SECOND } };
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri(), options);
    const copy = copyDisk({ source, target, lengthBytes: SMALL });
    copy.catch(() => undefined);
    await until(() => existsSync(folder.file('waits')), { withinMs: 60 * SECOND, what: 'a FLUSH' });
    await until(() => target.restarts > 0, { withinMs: 60 * SECOND, what: 'the end of its patience' });
    await rm(blocked);
    const result = await copy;
    expect(result.retries).toBeGreaterThan(0);
    expect(result.bytesCopied + result.bytesZeroed).toBe(SMALL);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('fails for good ends the copy with its error, and no checkpoint names anything', async () => {
    using folder = new TestFolder();
    const image = folder.file('source');
    await writeImage(image, SMALL, [{ offset: 0, length: SMALL }]);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(
      folder,
      'eval',
      `get_size=echo ${SMALL}`,
      'pread=head -c $3 /dev/zero',
      'pwrite=cat >/dev/null',
      'can_write=exit 0',
      'can_flush=exit 0',
      'flush=echo EIO >&2; exit 1',
    );
    const done: ByteRange[] = [];
    const save = (ranges: readonly ByteRange[]): Promise<void> => Promise.resolve(void done.push(...ranges));
    const copy = copyTo(to, { image: from, options: {}, copy: { checkpoint: { done: [], save }, rate: undefined } });
    await expect(copy).rejects.toMatchObject({ code: 'nbd.io-error', message: expect.stringContaining('flush') });
    expect(done).toEqual([]);
  });
});
