import { open, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { MiB, SECOND } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import type { CopyOptions } from '../../../src/transfer/copy-options.ts';
import { normalise, sumBytes } from '../../../src/transfer/ranges.ts';
import type { ByteRange } from '../../../src/transfer/block-device.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';
import {
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  TestFolder,
  writeImage,
  writeUsed,
} from '../../support/nbd-servers.ts';
import { RequestLog } from '../../support/request-log.ts';

const SIZE = 32 * MiB;
const HALVES = [
  { offset: 0, length: 10 * MiB },
  { offset: 12 * MiB, length: 20 * MiB },
];

const quick = { timeouts: { handshakeMs: 5 * SECOND, stallMs: 5 * SECOND, outageMs: 30 * SECOND } };

const aboutASecond = (): RateLimit => new RateLimit(32 * MiB);

/** Runs `act` once, when the copy has done half of its work. */
function atHalf(act: () => Promise<void>): {
  rate: RateLimit;
  progress: NonNullable<CopyOptions['progress']>;
  acted: () => Promise<void>;
} {
  let acting: Promise<void> | undefined;
  return {
    rate: aboutASecond(),
    progress: ({ bytesCopied, bytesZeroed }) => {
      if (bytesCopied + bytesZeroed > SIZE / 2) acting ??= act();
    },
    acted: async () => {
      expect(acting).toBeDefined();
      await acting;
    },
  };
}

describe('a target whose server is killed and comes back', () => {
  test.each([
    ['keeps what it had written', []],
    ['loses what was not flushed', ['--filter=cache', 'cache=writeback']],
  ])('and %s ends up equal', async (_name, filter) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    const filters = filter.filter((part) => part.startsWith('-'));
    await using to = await startNbdkit(
      folder,
      ...filters,
      'file',
      used,
      ...filter.filter((part) => !part.startsWith('-')),
    );
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri(), quick);
    const restart = atHalf(async () => {
      await to.kill();
      await to.restart();
    });

    const result = await copyDisk({ source, target, lengthBytes: SIZE, ...restart });

    await restart.acted();
    expect(target.restarts).toBeGreaterThan(0);
    expect(result.retries).toBeGreaterThan(0);
    expect(result.bytesCopied + result.bytesZeroed).toBe(SIZE);
    await target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });
});

test('a source whose server is killed and comes back loses nothing', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
  const log = folder.file('log');
  await using from = await startNbdkit(folder, '--filter=log', 'file', image, `logfile=${log}`);
  await using to = await startNbdkit(folder, 'file', used);
  await using source = await openNbdDevice(from.uri(), { readOnly: true, ...quick });
  await using target = await openNbdDevice(to.uri());
  const restart = atHalf(async () => {
    await from.kill();
    await from.restart();
  });
  await copyDisk({ source, target, lengthBytes: SIZE, ...restart });
  await restart.acted();
  // The server that came back began a new log: it was asked for the rest.
  expect(RequestLog.read(log).of('Read').length).toBeGreaterThan(0);
  expect(target.restarts).toBe(0);
  expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
});

test('a target that stays away ends the copy with a code', async () => {
  using folder = new TestFolder();
  const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
  await using from = await startNbdkit(folder, 'file', image);
  await using to = await startNbdkit(folder, 'file', used);
  await using source = await openNbdDevice(from.uri(), { readOnly: true });
  await using target = await openNbdDevice(to.uri(), { timeouts: { outageMs: 1 * SECOND } });
  const gone = atHalf(() => to.kill());
  await expect(copyDisk({ source, target, lengthBytes: SIZE, ...gone })).rejects.toMatchObject({
    code: expect.stringMatching(/^nbd\.(connection-lost|connect-failed)$/),
    retry: 'backoff',
  });
  await gone.acted();
});

describe('checkpoints', () => {
  test('name only what is already behind the cache of the target, and a second run does the rest', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    // Writes reach the file below only when the client flushes.
    await using to = await startNbdkit(folder, '--filter=cache', 'file', used, 'cache=writeback');
    const done: ByteRange[] = [];
    let copiedByFirst = 0;
    {
      const stop = new AbortController();
      await using source = await openNbdDevice(from.uri(), { readOnly: true });
      await using target = await openNbdDevice(to.uri());
      await using original = await open(image);
      await using behind = await open(used);
      const save = async (ranges: readonly ByteRange[]): Promise<void> => {
        for (const { offset, length } of ranges) {
          const [ours, theirs] = [Buffer.alloc(length), Buffer.alloc(length)];
          await original.read(ours, 0, length, offset);
          await behind.read(theirs, 0, length, offset);
          expect(ours.equals(theirs)).toBe(true);
        }
        done.push(...ranges);
        if (sumBytes(done) > SIZE / 3) stop.abort();
      };
      const first = copyDisk({
        source,
        target,
        lengthBytes: SIZE,
        checkpoint: { done: [], save, everyBytes: 2 * MiB },
        rate: aboutASecond(),
        signal: stop.signal,
        progress: ({ bytesCopied }) => (copiedByFirst = bytesCopied),
      });
      await expect(first).rejects.toMatchObject({ code: 'transfer.cancelled' });
    }
    await to.kill();
    await to.restart();
    expect(sumBytes(done)).toBe(sumBytes(normalise(done)));
    expect(copiedByFirst).toBeGreaterThan(0);

    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const later: ByteRange[] = [];
    const save = (ranges: readonly ByteRange[]): Promise<void> => Promise.resolve(void later.push(...ranges));
    const result = await copyDisk({ source, target, lengthBytes: SIZE, checkpoint: { done, save } });

    expect(result.resumedBytes).toBe(sumBytes(done));
    expect(result.bytesCopied + result.bytesZeroed + result.bytesSkipped).toBe(SIZE);
    expect(normalise([...done, ...later])).toEqual([{ offset: 0, length: SIZE }]);
    await target.close();
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('that cannot be saved end the copy with their own error', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const save = (): Promise<void> => Promise.reject(new Error('disk of the checkpoint is full'));
    await expect(
      copyDisk({ source, target, lengthBytes: SIZE, checkpoint: { done: [], save, everyBytes: MiB } }),
    ).rejects.toThrow('disk of the checkpoint is full');
  });
});

describe('extents', () => {
  const changed = [
    { offset: 1 * MiB, length: 65_536 },
    { offset: 11 * MiB, length: 2 * MiB },
    { offset: SIZE - 4096, length: 4096 },
  ];

  test('leave everything else on the target as it was', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const result = await copyDisk({ source, target, lengthBytes: SIZE, extents: changed });

    expect(result.bytesTotal).toBe(sumBytes(changed));
    await writeUsed(folder.file('expected'), SIZE);
    await overwrite(folder.file('expected'), image, changed);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(folder.file('expected')));
  });

  test('of a full resync leave nothing else but zeros', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const result = await copyDisk({ source, target, lengthBytes: SIZE, extents: changed, outside: 'zero' });

    expect(result).toMatchObject({ bytesTotal: SIZE, bytesSkipped: 0 });
    await writeImage(folder.file('expected'), SIZE, []);
    await overwrite(folder.file('expected'), image, changed);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(folder.file('expected')));
  });

  async function overwrite(path: string, from: string, ranges: readonly ByteRange[]): Promise<void> {
    await using target = await open(path, 'r+');
    await using source = await open(from);
    for (const { offset, length } of ranges) {
      const bytes = Buffer.alloc(length);
      await source.read(bytes, 0, length, offset);
      await target.write(bytes, 0, length, offset);
    }
  }
});

describe('what the server refuses', () => {
  test.each([
    { what: 'a full disk', server: ['full', '32M'], code: 'nbd.no-space', message: /at offset \d+ .*ENOSPC/ },
    {
      what: 'a protected range',
      server: ['--filter=protect', 'memory', '32M', 'protect=16777216-16777727'],
      code: 'nbd.not-permitted',
      message: /at offset 16777216 .*EPERM/,
    },
    {
      what: 'a broken disk',
      server: ['--filter=error', 'memory', '32M', 'error-pwrite-rate=100%', 'error=EIO'],
      code: 'nbd.io-error',
      message: /at offset \d+ .*EIO/,
    },
  ])('on $what is told with the place', async ({ server, code, message }) => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, ...server);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri(), { retries: 1 });
    await expect(copyDisk({ source, target, lengthBytes: SIZE, allowNoFlush: true })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { device: to.uri() },
    });
  });

  test('an outage of some seconds is survived', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(
      folder,
      '--filter=error',
      'file',
      image,
      'error=EIO',
      'error-rate=100%',
      `error-file=${folder.file('broken')}`,
    );
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true, retries: 8 });
    await using target = await openNbdDevice(to.uri());
    await writeFile(folder.file('broken'), '');
    const copy = copyDisk({ source, target, lengthBytes: SIZE });
    setTimeout(() => void rm(folder.file('broken')), 1 * SECOND);
    expect((await copy).retries).toBeGreaterThan(0);
    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
  });

  test('a target that is too small, read-only or cannot flush is refused before the first write', async () => {
    using folder = new TestFolder();
    const { image } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    const refused = async (code: string, ...args: string[]): Promise<void> => {
      await using to = await startNbdkit(folder, ...args);
      await using target = await openNbdDevice(to.uri());
      await expect(copyDisk({ source, target, lengthBytes: SIZE })).rejects.toMatchObject({ code });
    };
    await refused('transfer.target-too-small', 'memory', String(SIZE - 512));
    await refused('transfer.target-read-only', '-r', 'memory', String(SIZE));
    const noFlush = [
      'eval',
      `get_size=echo ${SIZE}`,
      'pwrite=cat >/dev/null',
      'pread=head -c $3 /dev/zero',
      'can_write=exit 0',
      'can_flush=exit 3',
    ];
    await refused('transfer.target-cannot-flush', ...noFlush);
  });
});

describe('an end before the end', () => {
  test('comes when it is asked for, not when the frozen target has timed out', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const stop = new AbortController();
    let askedAtMs = 0;
    const frozen = atHalf(() => {
      to.signal('SIGSTOP');
      askedAtMs = performance.now();
      stop.abort();
      return Promise.resolve();
    });
    await expect(copyDisk({ source, target, lengthBytes: SIZE, signal: stop.signal, ...frozen })).rejects.toMatchObject(
      {
        code: 'transfer.cancelled',
        kind: 'cancelled',
      },
    );
    expect(performance.now() - askedAtMs).toBeLessThan(30 * SECOND);
  });

  test('comes with a code when the target freezes for good', async () => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, HALVES);
    await using from = await startNbdkit(folder, 'file', image);
    await using to = await startNbdkit(folder, 'file', used);
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    const timeouts = { stallMs: 300, handshakeMs: 300, outageMs: 1 * SECOND };
    await using target = await openNbdDevice(to.uri(), { timeouts });
    const frozen = atHalf(() => Promise.resolve(to.signal('SIGSTOP')));
    await expect(copyDisk({ source, target, lengthBytes: SIZE, ...frozen })).rejects.toMatchObject({
      code: expect.stringMatching(/^nbd\.(stalled|handshake-timeout)$/),
    });
    await frozen.acted();
  });
});
