import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { GiB, KiB, MiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import {
  areEqual,
  type NbdServer,
  sha256OfExport,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startNbdkitOnTcp,
  startQemuNbd,
  startStorageDaemon,
  TestFolder,
  writeImage,
  writeUsed,
} from '../../support/nbd-servers.ts';
import { RequestLog } from '../../support/request-log.ts';

const SIZE = 24 * MiB;
/** Data at both ends, across request borders, and small islands in holes. */
const ISLANDS = [
  { offset: 0, length: 4 * KiB },
  { offset: 1 * MiB - 512, length: 1024 },
  { offset: 3 * MiB, length: 5 * MiB + 12 * KiB },
  { offset: 16 * MiB + 64 * KiB, length: 512 },
  { offset: SIZE - 512, length: 512 },
];

type Start = (folder: TestFolder, image: string) => Promise<NbdServer>;

const file =
  (...args: string[]): Start =>
  (folder, image) =>
    startNbdkit(
      folder,
      ...args.filter((arg) => arg.startsWith('-')),
      'file',
      image,
      ...args.filter((arg) => !arg.startsWith('-')),
    );

const SERVERS: Record<string, Start> = {
  'nbdkit file': file(),
  'nbdkit without structured replies': file('--no-sr'),
  'nbdkit without the fixed style': file('--mask-handshake=0'),
  'nbdkit that pads its answers': file('--mask-handshake=1'),
  'nbdkit noextents': file('--filter=noextents'),
  'nbdkit without multi-conn': file('--filter=multi-conn', 'multi-conn-mode=disable'),
  'nbdkit nozero': file('--filter=nozero'),
  'nbdkit that emulates zeroing': file('--filter=nozero', 'zeromode=emulate'),
  'nbdkit that emulates FUA': file('--filter=fua', 'fuamode=emulate'),
  'nbdkit that takes one client': file('--filter=limit', 'limit=1'),
  'nbdkit that serves one connection at a time': file('--filter=noparallel', 'serialize=connections'),
  'nbdkit that serves one request at a time': file('--filter=noparallel', 'serialize=all-requests'),
  'nbdkit with large blocks': file(
    '--filter=blocksize-policy',
    'blocksize-minimum=4096',
    'blocksize-preferred=64K',
    'blocksize-maximum=256K',
    'blocksize-error-policy=error',
  ),
  'nbdkit that answers late': file('--filter=delay', 'delay-read=5ms', 'delay-write=5ms', 'delay-extents=20ms'),
  'nbdkit that fails now and then': file('--filter=error', 'error-rate=1%', 'error=EIO'),
  'qemu-nbd for one client': (folder, image) => startQemuNbd(folder, '--format=raw', image),
  'qemu-nbd for many clients': (folder, image) =>
    startQemuNbd(folder, '--format=raw', '--shared=8', '--discard=unmap', image),
  'qemu-nbd qcow2': (folder, image) => {
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', image, `${image}.qcow2`]);
    return startQemuNbd(folder, '--format=qcow2', '--shared=8', `${image}.qcow2`);
  },
  'qemu-storage-daemon': startStorageDaemon,
};
const exportOf = (name: string): string => (name === 'qemu-storage-daemon' ? 'disk' : '');

/** Copies between two real servers; the devices are closed when it returns. */
async function copy(from: string, to: string, options: { targetIsZero?: boolean; useSourceExtents?: boolean } = {}) {
  await using source = await openNbdDevice(from, { readOnly: true });
  await using target = await openNbdDevice(to);
  return await copyDisk({ source, target, lengthBytes: source.sizeBytes, ...options });
}

describe('a copy of a sparse disk over a used one', () => {
  test.each(Object.keys(SERVERS))('from %s is equal', async (name) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, ISLANDS);
    await using from = await (SERVERS[name] ?? file())(folder, image);
    await using to = await file()(folder, used);

    const result = await copy(from.uri(exportOf(name)), to.uri());

    expect(await sha256OfFile(used)).toBe(await sha256OfFile(image));
    expect(result.bytesCopied + result.bytesZeroed + result.bytesSkipped).toBe(SIZE);
    expect(result.bytesSkipped).toBe(0);
    expect(result.bytesCopied).toBeLessThan(SIZE / 2);
  });

  test.each(Object.keys(SERVERS))('to %s is equal', async (name) => {
    using folder = new TestFolder();
    const { image, used } = await sourceAndUsedTarget(folder, SIZE, ISLANDS);
    await using from = await file()(folder, image);
    await using to = await (SERVERS[name] ?? file())(folder, used);

    await copy(from.uri(), to.uri(exportOf(name)));

    const content = name.includes('qcow2') ? await sha256OfExport(to.uri()) : await sha256OfFile(used);
    expect(content).toBe(await sha256OfFile(image));
  });
});

test('a fresh target stays sparse and gets only the data', async () => {
  using folder = new TestFolder();
  await using from = await startNbdkit(folder, 'sparse-random', '256M', 'seed=3', 'percent=5', 'random-content=true');
  await writeImage(folder.file('target'), 256 * MiB, []);
  await using to = await startNbdkit(folder, 'file', folder.file('target'));

  const result = await copy(from.uri(), to.uri(), { targetIsZero: true });

  expect(await sha256OfFile(folder.file('target'))).toBe(await sha256OfExport(from.uri()));
  expect(result.bytesZeroed).toBe(0);
  expect(result.bytesCopied).toBeLessThan(64 * MiB);
});

test('every write to a target that checks its content is right', async () => {
  using folder = new TestFolder();
  await using both = await startNbdkit(folder, 'sparse-random', '128M', 'seed=5', 'percent=30', 'random-content=true');
  const result = await copy(both.uri(), both.uri());
  expect(result).toMatchObject({ retries: 0, bytesTotal: 128 * MiB });
});

test.each([
  ['"1 @0x100000 1"', ['data', '1 @0x100000 1']],
  ['an odd offset', ['--filter=offset', 'data', '@32768 1', 'size=65536', 'offset=1']],
  ['nothing at all', ['memory', '256M']],
])('a target that checks each write against %s finds no wrong one, and gets all of the disk', async (_name, plugin) => {
  using folder = new TestFolder();
  const filters = plugin.filter((part) => part.startsWith('-'));
  const rest = plugin.filter((part) => !part.startsWith('-'));
  await using both = await startNbdkit(folder, '--filter=checkwrite', ...filters, ...rest);
  await using source = await openNbdDevice(both.uri(), { readOnly: true });
  await using target = await openNbdDevice(both.uri());
  const result = await copyDisk({ source, target, lengthBytes: source.sizeBytes });
  expect(result).toMatchObject({ retries: 0, bytesSkipped: 0, bytesTotal: source.sizeBytes });
});

test('a dense disk without any hole is equal, with and without extents', async () => {
  using folder = new TestFolder();
  await using from = await startNbdkit(folder, 'random', '48M', 'seed=11');
  const expected = await sha256OfExport(from.uri());
  for (const useSourceExtents of [true, false]) {
    await using to = await startNbdkit(folder, 'memory', '48M');
    const result = await copy(from.uri(), to.uri(), { useSourceExtents });
    expect(result).toMatchObject({ bytesCopied: 48 * MiB, bytesZeroed: 0 });
    expect(await sha256OfExport(to.uri())).toBe(expected);
  }
});

test('over TCP, by export name, is equal', async () => {
  using folder = new TestFolder();
  using shared = new TestFolder();
  await writeImage(shared.file('disk one'), SIZE, ISLANDS);
  await writeUsed(folder.file('target'), SIZE);
  await using from = await startNbdkitOnTcp('file', `dir=${shared.path}`);
  await using to = await startNbdkitOnTcp('file', folder.file('target'));
  await copy(from.uri('disk one'), to.uri());
  expect(await sha256OfFile(folder.file('target'))).toBe(await sha256OfFile(shared.file('disk one')));
});

test('holes of unknown content are data', async () => {
  using folder = new TestFolder();
  await writeImage(folder.file('source'), 4 * MiB, [{ offset: 0, length: 4 * MiB }]);
  await writeFile(folder.file('extents'), `0 ${1 * MiB}\n${1 * MiB} ${1 * MiB} hole\n${2 * MiB} ${2 * MiB}\n`);
  await using from = await startNbdkit(
    folder,
    '-r',
    '--filter=extentlist',
    'file',
    folder.file('source'),
    `extentlist=${folder.file('extents')}`,
  );
  await using to = await startNbdkit(folder, 'memory', '4M');
  await copy(from.uri(), to.uri());
  expect(await sha256OfExport(to.uri())).toBe(await sha256OfFile(folder.file('source')));
});

test('block status that always fails is asked for three times, and costs no repeat and no byte', async () => {
  using folder = new TestFolder();
  const size = 2 * GiB;
  // Further apart than one question looks ahead.
  const extents = [0, 1, 2, 3, 4, 5].map((n) => ({ offset: n * 300 * MiB, length: 128 * KiB }));
  await writeImage(folder.file('source'), size, extents);
  await writeImage(folder.file('target'), size, []);
  const failing = ['error-extents-rate=100%', 'error=EIO', `logfile=${folder.file('log')}`];
  const image = folder.file('source');
  await using from = await startNbdkit(folder, '--filter=log', '--filter=error', 'file', image, ...failing);
  await using to = await startNbdkit(folder, 'file', folder.file('target'));
  await using source = await openNbdDevice(from.uri(), { readOnly: true, retries: 5 });
  await using target = await openNbdDevice(to.uri());
  const { retries } = await copyDisk({ source, target, lengthBytes: size, extents });

  expect(retries).toBe(0);
  expect(RequestLog.read(folder.file('log')).of('Extents')).toHaveLength(3);
  await using honest = await startNbdkit(folder, 'file', image);
  expect(await areEqual(honest.uri(), to.uri())).toBe(true);
});

describe('odd sizes', () => {
  test.each([1, 511, 512, 513, 65_535, 1 * MiB + 1, 3 * MiB + 777])(
    'of %d bytes are equal, and what follows on a larger target stays',
    async (size) => {
      using folder = new TestFolder();
      await writeImage(folder.file('source'), size, [{ offset: 0, length: size }]);
      await writeUsed(folder.file('equal'), size);
      await writeUsed(folder.file('larger'), 4 * MiB);
      await using from = await startNbdkit(folder, 'file', folder.file('source'));
      await using equal = await startNbdkit(folder, 'file', folder.file('equal'));
      await using larger = await startNbdkit(
        folder,
        '--filter=blocksize-policy',
        'file',
        folder.file('larger'),
        'blocksize-minimum=4096',
        'blocksize-error-policy=error',
      );
      await copy(from.uri(), equal.uri());
      await copy(from.uri(), larger.uri());

      const expected = await sha256OfFile(folder.file('source'));
      expect(await sha256OfFile(folder.file('equal'))).toBe(expected);
      expect(await sha256OfFile(folder.file('larger'), size)).toBe(expected);
      expect((await readFile(folder.file('larger'))).subarray(size).every((byte) => byte === 0xa5)).toBe(true);
    },
  );

  test('offsets near 2^53 are exact', async () => {
    using folder = new TestFolder();
    const size = 2 ** 53 - 4 * MiB;
    await using from = await startNbdkit(folder, 'pattern', String(size));
    await using to = await startNbdkit(folder, 'memory', String(size));
    await using source = await openNbdDevice(from.uri(), { readOnly: true });
    await using target = await openNbdDevice(to.uri());
    const extents = [{ offset: size - 3 * MiB - 8, length: 3 * MiB + 8 }];
    const result = await copyDisk({ source, target, lengthBytes: size, extents });
    expect(result.bytesTotal).toBe(3 * MiB + 512);
    const read = Buffer.alloc(8);
    for (const offset of [size - 3 * MiB, size - 8 * KiB, size - 8]) {
      await target.read(offset, read);
      expect(read.readBigUInt64BE()).toBe(BigInt(offset));
    }
  });

  test('from 2^53 bytes on an export is refused', async () => {
    using folder = new TestFolder();
    await using from = await startNbdkit(folder, 'pattern', '9223372036854775807');
    await expect(openNbdDevice(from.uri(), { readOnly: true })).rejects.toMatchObject({ code: 'nbd.export-too-large' });
  });
});
