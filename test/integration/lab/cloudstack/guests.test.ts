import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GiB, MiB } from '../../../../src/base/units.ts';
import { makeBootImage } from '../../../../src/lab/guest-image/boot-image.ts';
import { serialOf } from '../../../../src/volumes/serial.ts';
import { CARD_OF_GUESTS, GuestCloud } from '../../../support/guest/guest-cloud.ts';
import { hashOf8MiB } from '../../../support/guest/image-hash.ts';
import { until } from '../../../support/until.ts';

/** VMs of the simulated cloud that really boot, emulated, from the bytes of their volumes. */

const run = promisify(execFile);

let guests: GuestCloud;

beforeAll(async () => {
  guests = await GuestCloud.start();
});
afterAll(() => guests[Symbol.asyncDispose]());

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('a VM with the bytes of a system on its volumes', () => {
  let vmId: string;
  let volumes: readonly string[];

  beforeAll(async () => {
    const [system, data] = [join(guests.dir, 'system'), join(guests.dir, 'data')];
    await makeBootImage({ home: process.cwd(), path: system, hostname: 'web-1', capacityBytes: 48 * MiB });
    await writeFile(data, '');
    await truncate(data, 64 * MiB);
    await run('mkfs.ext4', ['-q', '-F', data], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
    volumes = [await guests.volumeOf(system), await guests.volumeOf(data)];
    vmId = await guests.deployWith('web-1-test', volumes);
  });

  test('boots from them, as the verdict says, and finds them, its card and its firmware as they should be', async () => {
    const paths = volumes.map((id) => guests.simulator.volumePath(id));
    const hashes = await Promise.all(paths.map(hashOf8MiB));
    const whole = await readFile(paths[0] ?? '');

    await guests.done('startVirtualMachine', { id: vmId });

    const verdict = await guests.judge(vmId);
    expect(verdict).toMatchObject({ verdict: 'booted', vmState: 'Running' });
    expect(verdict.consoleLines.at(-1)).toBe('web-1 login:');
    expect(await guests.account(vmId)).toMatchObject({
      hostname: 'web-1',
      firmware: 'bios',
      macAddresses: [CARD_OF_GUESTS],
      disks: volumes.map((id, index) => ({ serial: serialOf(id), bytes: GiB, sha256Of8MiB: hashes[index] })),
      isReady: true,
    });
    // It is a real one: it has written to its disks.
    expect(whole.equals(await readFile(paths[0] ?? ''))).toBe(false);
  }, 300_000);

  test('has its volumes to itself while it runs', async () => {
    const path = guests.simulator.volumePath(volumes[1] ?? '');
    const write = run('qemu-io', ['-f', 'raw', '-c', 'write 0 512', path]);
    await expect(write).rejects.toMatchObject({ stderr: expect.stringContaining('lock') });
    expect(await guests.job('detachVolume', { id: volumes[1] ?? '' })).toMatchObject({ jobresultcode: 530 });
  });

  test('is powered on again with the cloud, and its console begins anew', async () => {
    await guests.cloud.restart();
    expect(guests.stateOf(vmId)).toBe('Running');
    expect(await guests.judge(vmId)).toMatchObject({ verdict: 'booted' });
    expect((await guests.account(vmId)).lines.filter((line) => 'guest' in line)).toHaveLength(1);
  }, 300_000);

  test('ends by itself when its power button is pressed', async () => {
    await guests.done('stopVirtualMachine', { id: vmId });
    expect(guests.stateOf(vmId)).toBe('Stopped');
    expect((await guests.account(vmId)).lines.at(-1)).toEqual({ power: 'off' });
    expect(await guests.judge(vmId)).toMatchObject({ verdict: 'not-booted', vmState: 'Stopped' });
  });
});

describe('a VM', () => {
  test('with nothing on its volumes runs and has not booted, and is ended with its VM', async () => {
    const vmId = await guests.deploy('blank');
    await guests.done('startVirtualMachine', { id: vmId });
    expect(await guests.judge(vmId)).toMatchObject({
      verdict: 'not-booted',
      vmState: 'Running',
      reason: expect.stringContaining('No bootable device'),
    });
    await guests.done('destroyVirtualMachine', { id: vmId, expunge: 'true' });
    expect(guests.simulator.consoleText(vmId)).toBeUndefined();
  }, 120_000);

  test('does not start while somebody else has one of its volumes, and is Stopped then', async () => {
    const empty = join(guests.dir, 'empty');
    await writeFile(empty, '');
    const volume = await guests.volumeOf(empty);
    const vmId = await guests.deployWith('locked', [volume]);
    const socket = join(guests.dir, 'nbd');
    await using stack = new AsyncDisposableStack();
    const holder = execFile('qemu-nbd', ['-t', '-f', 'raw', '-k', socket, guests.simulator.volumePath(volume)]);
    stack.defer(() => end(holder));
    await until(() => run('qemu-img', ['info', `nbd+unix:///?socket=${socket}`]).catch(() => undefined), {
      withinMs: 30_000,
      what: 'somebody who has the volume',
    });

    expect(await guests.job('startVirtualMachine', { id: vmId })).toMatchObject({
      jobresult: { errortext: expect.stringMatching(/Failed to get .*lock/) },
    });
    expect(guests.stateOf(vmId)).toBe('Stopped');

    await end(holder);
    await guests.done('startVirtualMachine', { id: vmId });
    await guests.done('stopVirtualMachine', { id: vmId, forced: 'true' });
  }, 120_000);
});
