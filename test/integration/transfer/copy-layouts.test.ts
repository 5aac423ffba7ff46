import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { GiB, KiB, MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { endOf, normalise, sumBytes } from '../../../src/transfer/ranges.ts';
import { copyExport, zerosOf } from '../../support/nbd-copies.ts';
import { areEqual, sourceAndUsedTarget, startNbdkit, TestFolder } from '../../support/nbd-servers.ts';
import { RequestLog } from '../../support/request-log.ts';
import { until } from '../../support/until.ts';

/** Where the data of a disk lies, and what the servers were asked for on the way. */

describe('a disk whose server checks each write against its content', () => {
  test.each([
    ['is empty', ['percent=0']],
    ['is nearly empty', ['percent=1']],
    ['is half full', ['percent=50']],
    ['is full', ['percent=100']],
    ['is full of short runs', ['percent=30', 'runlength=32768']],
  ])('and that %s gets no wrong byte, and misses none', async (_name, shape) => {
    using folder = new TestFolder();
    const size = 64 * MiB;
    const plugin = ['sparse-random', String(size), 'seed=9', 'random-content=true', ...shape];
    await using both = await startNbdkit(folder, '--filter=log', ...plugin, `logfile=${folder.file('log')}`);
    const zeros = await zerosOf(both.uri());

    const result = await copyExport(both.uri(), both.uri());

    const log = RequestLog.read(folder.file('log'));
    expect(log.written).toEqual([{ offset: 0, length: size }]);
    expect(result).toMatchObject({ retries: 0, bytesTotal: size, bytesSkipped: 0 });
    expect(result.bytesCopied).toBeLessThanOrEqual(size - sumBytes(wide(zeros)));
    expect(overlapBytes(log.read, wide(zeros))).toBe(0);
  });

  /** What may lie between data that is read in one request is not counted as a read of zeros. */
  const wide = (zeros: { offset: number; length: number }[]) =>
    normalise(zeros)
      .filter(({ length }) => length >= 4 * MiB)
      .map(({ offset, length }) => ({ offset: offset + 1 * MiB, length: length - 2 * MiB }));
});

describe('a disk with exactly this on it', () => {
  test.each([
    ['one byte before a border of the server', '@32767 1', 64 * KiB],
    ['one byte after it', '@32768 1', 64 * KiB],
    ['its last byte only', '@67108863 1', 64 * MiB],
    ['one byte at each end of 4 GiB', '1 @0x100000000 1', 4 * GiB + 512],
    ['data across 4 GiB', '@0xfffff000 (1 2 3 4)*4096', 5 * GiB],
  ])('%s arrives on a used target', async (_name, layout, size) => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'data', layout, `size=${size}`);
    const used = `@0x0 (0xa5)*${Math.min(size, 64 * KiB)} @${size - 512} (0xa5)*512 @${Math.floor(size / 2)} (0xa5)*100`;
    await using to = await startNbdkit(
      folder,
      '--filter=log',
      'data',
      used,
      `size=${size}`,
      `logfile=${folder.file('log')}`,
    );

    const result = await copyExport(from.uri(), to.uri());

    expect(await areEqual(from.uri(), to.uri())).toBe(true);
    expect(RequestLog.read(folder.file('log')).written).toEqual([{ offset: 0, length: size }]);
    expect(result.bytesCopied).toBeLessThanOrEqual(66 * MiB);
  });

  test('a byte in every fourth MiB is found where the server says nothing about its zeros', async () => {
    using folder = new TestFolder();
    const layout = Array.from({ length: 16 }, (_, n) => `@${n * 4 * MiB + ((n * 2_654_435_761) % (4 * MiB))} ${n + 1}`);
    const plugin = ['data', layout.join(' '), `size=${64 * MiB}`];
    await using from = await startNbdkit(folder, '--filter=noextents', ...plugin);
    await using to = await startNbdkit(folder, 'memory', String(64 * MiB));
    const result = await copyExport(from.uri(), to.uri());
    expect(await areEqual(from.uri(), to.uri())).toBe(true);
    // No zero is written as data, except beside a byte.
    expect(result.bytesCopied).toBeLessThanOrEqual(16 * 64 * KiB);
  });
});

test('the statistics of both servers are what the copy says it did', async () => {
  using folder = new TestFolder();
  const size = 40 * MiB;
  const data = [{ offset: 8 * MiB, length: 16 * MiB }];
  await sourceAndUsedTarget(folder, size, data);
  const stats = ['source', 'target'].map((name) => `${folder.file(name)}.stats`);
  const serve = (name: string) =>
    startNbdkit(folder, '--filter=stats', 'file', folder.file(name), `statsfile=${folder.file(name)}.stats`);
  await using from = await serve('source');
  await using to = await serve('target');
  const result = await copyExport(from.uri(), to.uri());
  for (const server of [from, to]) {
    server.signal('SIGTERM');
    await until(() => server.hasEnded, { withinMs: 30 * SECOND, what: 'end of a server' });
  }
  const [ofSource = '', ofTarget = ''] = await Promise.all(stats.map((path) => readFile(path, 'utf8')));
  expect(result).toMatchObject({ bytesCopied: 16 * MiB, bytesZeroed: 24 * MiB, bytesTotal: size });
  expect(ofSource).toMatch(/^read: .* 16\.00 MiB,/m);
  expect(ofTarget).toMatch(/^write: .* 16\.00 MiB,/m);
  expect(ofTarget).toMatch(/^zero: .* 24\.00 MiB,/m);
  expect(ofTarget).toMatch(/^flush: [1-9]/m);
  expect(`${ofSource}${ofTarget}`).not.toMatch(/^trim: [1-9]/m);
});

test('ranges across 4 GiB land where they were', async () => {
  using folder = new TestFolder();
  const size = 8 * GiB;
  await using from = await startNbdkit(folder, 'pattern', String(size));
  await using to = await startNbdkit(folder, '--filter=log', 'memory', String(size), `logfile=${folder.file('log')}`);
  const extents = [
    { offset: 2 ** 31 - 512, length: 1024 },
    { offset: 2 ** 32 - 3 * MiB - 8, length: 6 * MiB },
    { offset: size - 4096, length: 1 * MiB },
  ];
  const result = await copyExport(from.uri(), to.uri(), { copy: { extents } });

  const { written } = RequestLog.read(folder.file('log'));
  expect(sumBytes(written)).toBe(result.bytesTotal);
  await using target = await openNbdDevice(to.uri());
  for (const { offset, length } of written) {
    const bytes = Buffer.alloc(length);
    await target.read(offset, bytes);
    for (let at = 0; at < length; at += 8) {
      if (bytes.readBigUInt64BE(at) !== BigInt(offset + at)) throw new Error(`another place's bytes at ${offset + at}`);
    }
  }
});

function overlapBytes(
  some: readonly { offset: number; length: number }[],
  others: readonly { offset: number; length: number }[],
): number {
  let bytes = 0;
  for (const one of some) {
    for (const other of others) {
      bytes += Math.max(0, Math.min(endOf(one), endOf(other)) - Math.max(one.offset, other.offset));
    }
  }
  return bytes;
}
