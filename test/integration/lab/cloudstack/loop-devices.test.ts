import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import type { CloudStackClient } from '../../../../src/cloudstack/client.ts';
import { attachVolume, detachVolume } from '../../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../../src/cloudstack/volume-creation.ts';
import { chooseCarrier, loopDevicesWork } from '../../../../src/lab/cloudstack/loop-devices.ts';
import { resolveDevice } from '../../../../src/volumes/device.ts';
import { jobOf } from '../../../support/cloudstack-jobs.ts';
import { startCloudProcess } from '../../../support/cloudstack-process.ts';
import { startTestCloud } from '../../../support/cloudstack.ts';

/** Machines without loop devices, and users other than root, run the rest of the suite on files. */
const describeWithLoops = loopDevicesWork(join(tmpdir(), 'loop-probe')) ? describe : describe.skip;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'loops-'));
});
afterEach(() => {
  chooseCarrier('file', join(dir, 'volumes'));
  rmSync(dir, { recursive: true, force: true });
});

const loopsIn = (folder: string) =>
  execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/sbin' },
  })
    .split('\n')
    .filter((line) => line.startsWith(folder));

interface Place {
  readonly client: CloudStackClient;
  readonly ids: { readonly zone: string; readonly diskOffering: string; readonly omaVm: string };
}

async function attached({ client, ids }: Place): Promise<string> {
  const wanted = { name: 'block', zoneId: ids.zone, diskOfferingId: ids.diskOffering, sizeBytes: GiB };
  const { id } = await createVolume(client, wanted);
  await attachVolume(client, { volumeId: id, vmId: ids.omaVm });
  return id;
}

const resolveIn = (deviceDir: string, volumeUuid: string, expectedBytes = GiB) =>
  resolveDevice({ deviceDir, deviceFiles: false, volumeUuid, expectedBytes, timeoutMs: 30_000 });

describeWithLoops('an attached volume', () => {
  test('is a block device, which the resolver takes, and its bytes are those of the file', async () => {
    await using cloud = await startTestCloud({ devices: 'loop' });
    const { simulator, client } = cloud;
    const volumeId = await attached({ client, ids: simulator.ids });

    const device = await resolveIn(simulator.deviceDir, volumeId);
    expect(device).toMatchObject({ kind: 'block', sizeBytes: GiB, path: expect.stringMatching(/^\/dev\/loop\d+$/) });
    const file = openSync(device.path, 'r+');
    writeSync(file, Buffer.from('written to the device'), 0, 21, 4096);
    closeSync(file);
    await jobOf(client, 'resizeVolume', { id: volumeId, size: '2' });
    expect(await resolveIn(simulator.deviceDir, volumeId, 2 * GiB)).toMatchObject({ path: device.path });

    await detachVolume(client, { volumeId, vmId: simulator.ids.omaVm });
    expect(loopsIn(cloud.dir)).toEqual([]);
    const bytes = Buffer.alloc(21);
    const stored = openSync(simulator.volumePath(volumeId), 'r');
    readSync(stored, bytes, 0, bytes.length, 4096);
    closeSync(stored);
    expect(bytes.toString()).toBe('written to the device');
  });

  test('is freed when the cloud stops, and comes back when it starts', async () => {
    await using cloud = await startTestCloud({ devices: 'loop' });
    const volumeId = await attached({ client: cloud.client, ids: cloud.simulator.ids });
    await resolveIn(cloud.simulator.deviceDir, volumeId);

    await cloud.simulator.close();
    expect(loopsIn(cloud.dir)).toEqual([]);
    await cloud.restart();

    expect(await resolveIn(cloud.simulator.deviceDir, volumeId)).toMatchObject({ kind: 'block' });
  });

  test('of a cloud that was killed is found again by its file, and freed where it is not wanted', async () => {
    const killed = await startCloudProcess(dir, ['--devices', 'loop']);
    const volumeId = await attached({ client: killed.client, ids: killed.ids });
    const { path } = await resolveIn(killed.deviceDir, volumeId);
    await killed.kill('SIGKILL');
    expect(loopsIn(dir)).toHaveLength(1);

    const again = await startCloudProcess(dir, ['--devices', 'auto']);
    expect(await resolveIn(again.deviceDir, volumeId)).toMatchObject({ path });
    await again.kill('SIGKILL');

    const onFiles = await startCloudProcess(dir);
    const serial = volumeId.replaceAll('-', '').slice(0, 20);
    expect(loopsIn(dir)).toEqual([]);
    expect(readlinkSync(join(onFiles.deviceDir, `virtio-${serial}`))).toContain(`${volumeId}.raw`);
    await onFiles.kill('SIGTERM');
  });
});
