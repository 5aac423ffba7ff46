import { copyFile, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { sha256OfFile, sourceAndUsedTarget, startNbdkit, TestFolder, writeImage } from '../../support/nbd-servers.ts';
import { copyBetween, damage } from '../../support/verified-copies.ts';

/** Where a verification could look away: the last byte, the end of the disk, errors, what an earlier run has done. */

const SIZE = 12 * MiB;
const DATA = [
  { offset: 0, length: 5 * MiB },
  { offset: 6 * MiB, length: 3 * MiB },
];

test.each(['sample', 'full'] as const)('a target that cannot be read again fails the copy (%s)', async (mode) => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await startNbdkit(folder, 'file', used);
  const failing = ['--filter=error', 'file', used, 'error-pread=EPERM', 'error-pread-rate=100%'];
  await using unreadable = await startNbdkit(folder, ...failing);
  const onReopen = () => Promise.resolve(unreadable.uri());
  await expect(copyBetween(folder, { from: from.uri(), to: to.uri() }, { mode, onReopen })).rejects.toMatchObject({
    code: 'nbd.not-permitted',
  });
});

test('the last byte of each piece counts, of data and of zeros', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await startNbdkit(folder, 'file', used);
  const lastBytes = [512 * KiB, 5 * MiB, 5.5 * MiB, 9 * MiB, 10 * MiB, SIZE].map((end) => end - 1);
  const onReopen = async (time: number) => {
    if (time === 1) await damage(used, ...lastBytes);
    return undefined;
  };
  const { verify } = await copyBetween(folder, { from: from.uri(), to: to.uri() }, { onReopen });
  expect(verify).toMatchObject({ mismatches: lastBytes.length, bytesVerified: SIZE });
  expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
});

test('zeros at the end of a full resync are repaired as zeros, and nothing behind the end is touched', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE);
  const lengthBytes = 9 * MiB - 2_533;
  await using from = await startNbdkit(folder, 'file', image);
  const blocks = ['blocksize-minimum=4096', 'blocksize-preferred=64K', 'blocksize-maximum=256K'];
  await using to = await startNbdkit(folder, '--filter=blocksize-policy', 'file', used, ...blocks);
  const extents = [{ offset: 1 * MiB, length: 64 * KiB }];
  const onReopen = async (time: number) => {
    if (time === 1) await damage(used, lengthBytes - 1, lengthBytes - 1_600);
    return undefined;
  };
  const given = { extents, onReopen, copy: { lengthBytes, outside: 'zero' } } as const;
  const { verify } = await copyBetween(folder, { from: from.uri(), to: to.uri() }, given);
  expect(verify.mismatches).toBeGreaterThan(0);

  const expected = Buffer.alloc(SIZE).fill(0xa5, lengthBytes);
  await using source = await open(image);
  for (const { offset, length } of extents) await source.read(expected, offset, length, offset);
  expect((await readFile(used)).equals(expected)).toBe(true);
});

describe('what an earlier run has done, of which there are no hashes,', () => {
  test('is part of a sample', async () => {
    using folder = new TestFolder();
    const [image, used] = [folder.file('source'), folder.file('target')];
    await writeImage(image, SIZE, [{ offset: 0, length: SIZE }]);
    await copyFile(image, used);
    // The first chunk is in every sample.
    await damage(used, 1);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    const checkpoint = { done: [{ offset: 0, length: 8 * MiB }], save: () => Promise.resolve() };
    const { verify, resumedBytes } = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      { mode: 'sample', copy: { checkpoint, requestBytes: 64 * KiB } },
    );
    expect(resumedBytes).toBe(8 * MiB);
    expect(verify).toMatchObject({ mode: 'full', mismatches: 1, bytesVerified: SIZE });
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('is read by this thread alone: others would write it to the target once more', async () => {
    using folder = new TestFolder();
    // Enough that more threads are taken at all.
    const size = 272 * MiB;
    await using from = await startNbdkit(folder, 'memory', String(size));
    await using to = await startNbdkit(folder, 'memory', String(size));
    const threads: Worker[] = [];
    const openThread = (): Worker => {
      const side = (uri: string, readOnly: boolean) => ({ uri, options: { name: uri, readOnly, connections: 1 } });
      const workerData = { source: side(from.uri(), true), target: side(to.uri(), false) };
      const module = pathToFileURL(join(process.cwd(), 'src/cli/copy-thread.ts'));
      const thread = new Worker(module, { workerData });
      threads.push(thread);
      return thread;
    };
    const checkpoint = { done: [{ offset: 0, length: size }], save: () => Promise.resolve() };
    const { verify } = await copyBetween(
      folder,
      { from: from.uri(), to: to.uri() },
      { copy: { checkpoint, threads: 2, openThread } },
    );
    expect(verify).toMatchObject({ mode: 'full', mismatches: 0, bytesVerified: size });
    // That of the copy itself.
    expect(threads).toHaveLength(1);
  });
});
