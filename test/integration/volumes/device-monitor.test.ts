import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopDevicesWork } from '../../../src/lab/cloudstack/loop-devices.ts';
import { claimDevice } from '../../../src/volumes/device-claim.ts';
import { resolveDevice } from '../../../src/volumes/device.ts';
import { serialOf } from '../../../src/volumes/serial.ts';
import type { Volumes } from '../../../src/volumes/context.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { bytesAt, makeHost, type TestHost, type TestVolume } from '../../support/volumes.ts';

const GIB = 1024 ** 3;

let database: TestDatabase;
let host: TestHost;
let volumes: Volumes | undefined;
let volume: TestVolume;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  host = makeHost(database.knex);
  volume = await host.attached();
});
afterEach(async () => {
  await volumes?.close();
  volumes = undefined;
  await host[Symbol.asyncDispose]();
  for (const table of ['nbd_exports', 'device_mappings', 'ossea_volumes', 'job_tracking']) {
    await database.knex(table).del();
  }
});

async function opened(): Promise<Volumes> {
  volumes = await host.open();
  return volumes;
}
const mapping = async (): Promise<Record<string, unknown> | undefined> =>
  (await database.knex('device_mappings').where('volume_uuid', volume.volumeId).select<Record<string, unknown>[]>())[0];

describe('the devices of attached volumes', () => {
  test('are found again under their new names after a restart of the appliance', async () => {
    const moved = join(host.dir, 'vdq');
    renameSync(volume.path, moved);
    symlinkSync(moved, volume.path);
    const { devices } = await opened();
    await devices.check();
    await expect(mapping()).resolves.toMatchObject({ device_path: moved, linux_state: 'detected', linux_reason: null });
    expect(devices.last()).toMatchObject({ checked: 1, troubles: [] });
  });

  test('are marked as missing, told, and never used until they are back', async () => {
    const { devices, exports } = await opened();
    const away = join(host.dir, 'away');
    renameSync(volume.path, away);
    const round = await devices.check();
    expect(round.troubles).toMatchObject([{ volumeId: volume.volumeId, code: 'volume.device-missing' }]);
    await expect(mapping()).resolves.toMatchObject({ linux_state: 'missing' });
    renameSync(away, volume.path);
    await expect(exports.open(volume.volumeId, await host.runningJob())).resolves.toMatchObject({ size_bytes: GIB });
    await expect(mapping()).resolves.toMatchObject({ linux_state: 'detected', linux_reason: null });
    await expect(devices.check()).resolves.toMatchObject({ checked: 1, troubles: [] });
  });

  test('are refused before the first byte when they were resized', async () => {
    const { devices, exports } = await opened();
    truncateSync(volume.path, 2 * GIB);
    await expect(devices.check()).resolves.toMatchObject({ troubles: [{ code: 'volume.device-size' }] });
    await expect(mapping()).resolves.toMatchObject({ linux_state: 'refused' });
    await expect(exports.open(volume.volumeId, await host.runningJob())).rejects.toMatchObject({
      code: 'volume.device-size',
    });
  });

  test('are left to whoever works on them, and to the work that attaches them', async () => {
    const { devices, exports } = await opened();
    unlinkSync(volume.path);
    await exports.exclusively(volume.volumeId, async () => {
      await expect(devices.check()).resolves.toMatchObject({ checked: 0, busy: 1, troubles: [] });
    });
    await database.knex('device_mappings').update({ linux_state: 'waiting' });
    await expect(devices.check()).resolves.toMatchObject({ checked: 0, busy: 0, troubles: [] });
  });
});

/** Loop devices need root and a kernel that has them; the guest test holds the same of virtio and SCSI disks. */
const hasLoops = loopDevicesWork(join(tmpdir(), 'monitor-probe'));

(hasLoops ? describe : describe.skip)('a block device, where loop devices work', () => {
  const attached: string[] = [];
  afterEach(() => {
    for (const loop of attached.splice(0)) execFileSync('losetup', ['-d', loop]);
  });

  function loopOf(name: string, fill: number): string {
    const file = join(host.dir, name);
    writeFileSync(file, Buffer.alloc(1024 ** 2, fill));
    truncateSync(file, GIB);
    const loop = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
    attached.push(loop);
    return loop;
  }

  test('that was exchanged behind its link, or behind its name, is not written', async () => {
    rmSync(volume.path);
    const first = loopOf('first', 0xaa);
    const second = loopOf('second', 0xbb);
    const link = join(host.config.deviceDir, `virtio-${serialOf(volume.volumeId)}`);
    symlinkSync(first, link);
    const { deviceDir } = host.config;
    const look = { deviceDir, deviceFiles: false, volumeUuid: volume.volumeId, expectedBytes: GIB, timeoutMs: 0 };
    const device = await resolveDevice(look);
    expect(device).toMatchObject({ path: first, kind: 'block' });

    const claim = await claimDevice(device);
    await expect(claimDevice(device)).rejects.toMatchObject({ code: 'volume.device-in-use' });
    await claim?.close();

    // The same name and number, and another file behind it.
    execFileSync('losetup', ['-d', first]);
    execFileSync('losetup', [first, join(host.dir, 'second')]);
    await expect(claimDevice(device)).rejects.toMatchObject({ code: 'export.wrong-device' });

    const { exports } = await opened();
    rmSync(link);
    symlinkSync(second, link);
    const served = await exports.open(volume.volumeId, await host.runningJob());
    expect(served.device_path).toBe(second);
    await expect(bytesAt(join(host.dir, 'first'), { offset: 0, length: 4096 })).resolves.toEqual([0xaa]);
  });

  test('that is mounted is refused', async () => {
    rmSync(volume.path);
    const loop = loopOf('disk', 0);
    symlinkSync(loop, join(host.config.deviceDir, `virtio-${serialOf(volume.volumeId)}`));
    const { exports } = await opened();
    execFileSync('mkfs.ext4', ['-q', loop]);
    const mountPoint = join(host.dir, 'run');
    execFileSync('mount', [loop, mountPoint]);
    try {
      await expect(exports.open(volume.volumeId, await host.runningJob())).rejects.toMatchObject({
        code: 'volume.device-in-use',
      });
    } finally {
      execFileSync('umount', [mountPoint]);
    }
  });
});
