import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { openNbdDevice } from '../../../src/nbd/device.ts';
import { copyDisk } from '../../../src/transfer/copy-disk.ts';
import { OperatorShell } from '../../support/command.ts';
import { copyExport, zerosOf } from '../../support/nbd-copies.ts';
import {
  areEqual,
  sha256OfFile,
  sourceAndUsedTarget,
  startNbdkit,
  startQemuNbd,
  startStorageDaemon,
  TestFolder,
  writeImage,
} from '../../support/nbd-servers.ts';
import { RateLimit } from '../../../src/transfer/rate-limit.ts';
import { OldNbdServer } from '../../support/old-nbd-server.ts';

/** Servers of other people than nbdkit's: qemu's two, and the reference implementation of old. */

const SIZE = 16 * MiB;
const DATA = [
  { offset: 0, length: 64 * KiB },
  { offset: 5 * MiB - 512, length: 3 * MiB },
  { offset: SIZE - 1024, length: 1024 },
];

describe('nbd-server', () => {
  test('is read from and written to, by export name, without anything newer than it', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using both = await OldNbdServer.start(folder, { 'the source': source, target });
    {
      await using device = await openNbdDevice(both.uri('the source'), { readOnly: true });
      expect(device.features.canExtents).toBe(false);
    }
    const result = await copyExport(both.uri('the source'), both.uri('target'));
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(source));
    expect(result).toMatchObject({ bytesTotal: SIZE, retries: 0 });
  });

  test('of which a copy wants several connections gives them', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using both = await OldNbdServer.start(folder, { source, target });
    using shell = new OperatorShell();
    const copy = ['copy', both.uri('source'), both.uri('target'), '--connections', '4', '--request-size', '64K'];
    expect(await shell.json(copy)).toMatchObject({ exit: 0, bytes_total: SIZE, retries: 0 });
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(source));
  });

  test('that does not know the export is told by the name of it', async () => {
    using folder = new TestFolder();
    const { image: source } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using server = await OldNbdServer.start(folder, { source });
    await expect(openNbdDevice(server.uri('elsewhere'))).rejects.toMatchObject({
      code: expect.stringMatching(/^nbd\.(export-not-found|refused|handshake-failed)$/),
      message: expect.stringContaining('elsewhere'),
    });
  });

  test('that is killed and comes back loses nothing', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE);
    await using from = await startNbdkit(folder, 'file', source);
    await using to = await OldNbdServer.start(folder, { target });
    await using reader = await openNbdDevice(from.uri(), { readOnly: true });
    await using writer = await openNbdDevice(to.uri('target'));
    // Slow until it has been killed, or it would be done before.
    const rate = new RateLimit(16 * MiB);
    let restart: Promise<void> | undefined;
    const restartOnce = async (): Promise<void> => {
      await to.kill();
      await to.restart();
      rate.set(undefined);
    };
    await copyDisk({
      rate,
      source: reader,
      target: writer,
      lengthBytes: SIZE,
      requestBytes: 64 * KiB,
      progress: ({ bytesCopied }) => {
        if (bytesCopied > SIZE / 4) restart ??= restartOnce();
      },
    });
    await restart;
    expect(restart).toBeDefined();
    expect(writer.restarts).toBeGreaterThan(0);
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(source));
  });
});

describe('qemu-nbd', () => {
  test('for one client is copied from and to on one connection each', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startQemuNbd(folder, '--format=raw', '--shared=1', source);
    await using to = await startQemuNbd(folder, '--format=raw', '--shared=1', target);
    {
      await using reader = await openNbdDevice(from.uri(), { readOnly: true, connections: 4 });
      await using writer = await openNbdDevice(to.uri(), { connections: 4 });
      const result = await copyDisk({ source: reader, target: writer, lengthBytes: SIZE });
      expect([reader.connections, writer.connections]).toEqual([1, 1]);
      expect(result).toMatchObject({ bytesTotal: SIZE, retries: 0 });
    }
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(source));
  });

  test('read-only is read on several connections', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await using from = await startQemuNbd(folder, '--format=raw', '--read-only', '--shared=8', source);
    await using to = await startNbdkit(folder, 'file', target);
    const result = await copyExport(from.uri(), to.uri(), {
      source: { connections: 8 },
      copy: { requestBytes: 64 * KiB },
    });
    expect(result).toMatchObject({ bytesTotal: SIZE, retries: 0 });
    expect(await sha256OfFile(target)).toBe(await sha256OfFile(source));
  });

  test('with a qcow2 that has holes, over one that has none', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', source, folder.file('source.qcow2')]);
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-S', '0', target, folder.file('target.qcow2')]);
    await using from = await startQemuNbd(folder, '--format=qcow2', '--shared=8', folder.file('source.qcow2'));
    const qcow2 = ['--format=qcow2', '--shared=8', '--discard=unmap', folder.file('target.qcow2')];
    await using to = await startQemuNbd(folder, ...qcow2);
    const result = await copyExport(from.uri(), to.uri());
    expect(await areEqual(from.uri(), to.uri())).toBe(true);
    expect(result.bytesCopied).toBeLessThan(5 * MiB);
    // Zeros became holes again.
    expect((await zerosOf(to.uri())).reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(10 * MiB);
  });

  test('a qcow2 with a base under it shows the data of both', async () => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, SIZE, DATA);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', source, '-F', 'raw', folder.file('top.qcow2')]);
    const change = ['-f', 'qcow2', '-c', `write -P 7 ${6 * MiB} 64K`, '-c', 'write -z 0 32K', folder.file('top.qcow2')];
    execFileSync('qemu-io', change);
    await using from = await startQemuNbd(folder, '--format=qcow2', '--shared=8', folder.file('top.qcow2'));
    await using to = await startNbdkit(folder, 'file', target);
    await copyExport(from.uri(), to.uri());
    expect(await areEqual(from.uri(), to.uri())).toBe(true);
    await using file = await open(target);
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 6 * MiB);
    expect([...buffer]).toEqual([7, 7]);
  });

  test.each([1 * MiB + 1, 3 * MiB - 511, 513])('shows an image of %d bytes as it is', async (size) => {
    using folder = new TestFolder();
    const { image: source, used: target } = await sourceAndUsedTarget(folder, size);
    await using from = await startQemuNbd(folder, '--format=raw', '--shared=4', source);
    await using to = await startQemuNbd(folder, '--format=raw', '--shared=4', target);
    const result = await copyExport(from.uri(), to.uri());
    // Whole sectors are all that some versions of qemu show.
    expect([size, size - (size % 512), size - (size % 512) + 512]).toContain(result.bytesTotal);
    const compared = Math.min(size, result.bytesTotal);
    expect(await sha256OfFile(target, compared)).toBe(await sha256OfFile(source, compared));
  });
});

describe('qemu-storage-daemon', () => {
  test('as both ends, on several connections, with a fresh and a used target', async () => {
    using folder = new TestFolder();
    const { image: source, used } = await sourceAndUsedTarget(folder, SIZE, DATA);
    await writeImage(folder.file('fresh'), SIZE, []);
    await using from = await startStorageDaemon(folder, source);
    for (const [image, targetIsZero] of [
      [used, false],
      [folder.file('fresh'), true],
    ] as const) {
      await using to = await startStorageDaemon(folder, image);
      const settings = { source: { connections: 4 }, target: { connections: 4 }, copy: { targetIsZero } };
      const result = await copyExport(from.uri('disk'), to.uri('disk'), settings);
      expect(result).toMatchObject({ retries: 0, bytesTotal: SIZE });
      expect(await sha256OfFile(image)).toBe(await sha256OfFile(source));
    }
  });

  test('gets a delta of single sectors and nothing beside it', async () => {
    using folder = new TestFolder();
    const { image: source, used } = await sourceAndUsedTarget(folder, SIZE);
    await using from = await startNbdkit(folder, 'file', source);
    await using to = await startStorageDaemon(folder, used);
    const extents = Array.from({ length: 200 }, (_, n) => ({ offset: n * 70 * KiB + 512 * (n % 7), length: 512 }));
    const result = await copyExport(from.uri(), to.uri('disk'), { copy: { extents } });
    const expected = Buffer.alloc(SIZE, 0xa5);
    const block = result.bytesTotal / extents.length;
    expect([512, 4096]).toContain(block);
    await using file = await open(source);
    for (const { offset } of extents)
      await file.read(expected, offset - (offset % block), block, offset - (offset % block));
    await using written = await open(used);
    expect((await written.read(Buffer.alloc(SIZE), 0, SIZE, 0)).buffer.equals(expected)).toBe(true);
  });
});
