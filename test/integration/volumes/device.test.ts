import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveDevice, type ResolveDevice } from '../../../src/volumes/device.ts';

const MIB = 1024 ** 2;
const UUID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const SERIAL = '0b1c2d3e4f5061728394';

let dir: string;
let wanted: ResolveDevice;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'devices-'));
  mkdirSync(join(dir, 'by-id'));
  mkdirSync(join(dir, 'sys'));
  wanted = {
    volumeUuid: UUID,
    expectedBytes: MIB,
    timeoutMs: 0,
    deviceDir: join(dir, 'by-id'),
    sysBlockDir: join(dir, 'sys'),
    deviceFiles: true,
  };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function makeFile(name: string, bytes = MIB): string {
  const path = join(dir, name);
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}
const link = (target: string, name: string): void => symlinkSync(target, join(dir, 'by-id', name));

describe('the device of a volume', () => {
  test('is found by its serial among others of the same size, and its real path is given', async () => {
    const path = makeFile('vdb');
    link(path, `virtio-${SERIAL}`);
    link(makeFile('vdc'), 'virtio-ffffffffffffffffffff');
    await expect(resolveDevice(wanted)).resolves.toMatchObject({ path, kind: 'file', sizeBytes: MIB });
  });

  test('may have several links', async () => {
    const path = makeFile('sda');
    link(path, `scsi-0QEMU_QEMU_HARDDISK_${SERIAL}`);
    link(path, `scsi-${SERIAL}`);
    await expect(resolveDevice(wanted)).resolves.toMatchObject({ path });
  });

  test('is refused when the serial fits two disks', async () => {
    link(makeFile('vdb'), `virtio-${SERIAL}`);
    link(makeFile('vdc'), `virtio-1-${SERIAL.slice(0, 18)}`);
    await expect(resolveDevice(wanted)).rejects.toMatchObject({
      code: 'volume.device-ambiguous',
      kind: 'precondition',
    });
  });

  test.each([MIB - 512, MIB + 512])('is refused with %d bytes when CloudStack says 1 MiB', async (bytes) => {
    link(makeFile('vdb', bytes), `virtio-${SERIAL}`);
    await expect(resolveDevice(wanted)).rejects.toMatchObject({ code: 'volume.device-size', retry: 'never' });
  });

  test('is refused when it is a plain file and this is no lab', async () => {
    link(makeFile('vdb'), `virtio-${SERIAL}`);
    await expect(resolveDevice({ ...wanted, deviceFiles: false })).rejects.toMatchObject({
      code: 'volume.device-not-block',
    });
  });

  test('is not a folder, a dangling link or a partition of that name', async () => {
    link(join(dir, 'nowhere'), `virtio-${SERIAL}`);
    link(dir, `scsi-${SERIAL}`);
    link(makeFile('vdb1'), `virtio-${SERIAL}-part1`);
    await expect(resolveDevice(wanted)).rejects.toMatchObject({ code: 'volume.device-missing', retry: 'backoff' });
  });

  test('is waited for while it is being plugged in', async () => {
    const path = makeFile('vdb', 0);
    link(path, `virtio-${SERIAL}`);
    const found = resolveDevice({ ...wanted, timeoutMs: 60_000 });
    truncateSync(path, MIB);
    await expect(found).resolves.toMatchObject({ path });
  });

  test('is no longer waited for when the job is asked to stop', async () => {
    const stop = new AbortController();
    const found = resolveDevice({ ...wanted, timeoutMs: 60_000, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(found).rejects.toThrow('enough');
  });

  test('is found through the kernel where udev makes no links, and only under its own serial', async () => {
    mkdirSync(join(dir, 'sys', 'null'));
    writeFileSync(join(dir, 'sys', 'null', 'serial'), `${SERIAL}\n`);
    // /dev/null carries the serial here, but it is no disk.
    await expect(resolveDevice(wanted)).rejects.toMatchObject({ code: 'volume.device-missing' });
  });
});
