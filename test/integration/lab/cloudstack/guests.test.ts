import { execFile, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GiB, MiB, SECOND } from '../../../../src/base/units.ts';
import { consoleTextReader, type ReadConsoleText } from '../../../../src/cloudstack/console-text.ts';
import type { BootVerdict } from '../../../../src/domain/failover/boot-verdict.ts';
import { makeBootImage } from '../../../../src/lab/guest-image/boot-image.ts';
import { judgeBoot } from '../../../../src/processors/failover/boot-verdict.ts';
import { serialOf } from '../../../../src/volumes/serial.ts';
import { endOf, jobOf } from '../../../support/cloudstack-jobs.ts';
import { startTestCloud, type TestCloud } from '../../../support/cloudstack.ts';
import { guestAccount } from '../../../support/guest/console.ts';
import { until } from '../../../support/until.ts';

/** VMs of the simulated cloud that really boot, emulated, from the bytes of their volumes. */

const run = promisify(execFile);
/** Seven seconds on an idle machine. */
const BOOT_WITHIN_MS = 240 * SECOND;
const MAC = '02:01:00:00:be:ef';

let cloud: TestCloud;
let dir: string;
const cleanUp = new AsyncDisposableStack();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guests-'));
  cleanUp.defer(() => rm(dir, { recursive: true, force: true }));
  cloud = cleanUp.use(await startTestCloud({ guests: true }));
});
afterAll(() => cleanUp.disposeAsync());

const job = (command: string, parameters: Record<string, string>) => jobOf(cloud.client, command, parameters);
const done = async (command: string, parameters: Record<string, string>): Promise<void> => {
  expect(await job(command, parameters)).toMatchObject({ jobstatus: 1 });
};

/** A volume that holds these bytes, as the OMA VM has left it. */
async function volumeOf(image: string): Promise<string> {
  const { zone, diskOffering, omaVm } = cloud.simulator.ids;
  const made = await job('createVolume', { name: 'disk', zoneid: zone, diskofferingid: diskOffering, size: '1' });
  const { id } = (made['jobresult'] as { volume: { id: string } }).volume;
  await done('attachVolume', { id, virtualmachineid: omaVm });
  await copyFile(image, cloud.simulator.volumePath(id));
  await truncate(cloud.simulator.volumePath(id), GiB);
  await done('detachVolume', { id });
  return id;
}

async function deploy(name: string): Promise<string> {
  const { zone, serviceOffering, template, testNetwork } = cloud.simulator.ids;
  const accepted = await cloud.client.call('deployVirtualMachine', {
    ...{ name, startvm: 'false', zoneid: zone, serviceofferingid: serviceOffering, templateid: template },
    ...{ 'iptonetworklist[0].networkid': testNetwork, 'iptonetworklist[0].mac': MAC },
  });
  await endOf(cloud.client, String(accepted['jobid']));
  return String(accepted['id']);
}

/** A VM with these volumes in the place of what it came with. */
async function deployWith(name: string, volumeIds: readonly string[]): Promise<string> {
  const vmId = await deploy(name);
  const root = cloud.simulator.world.volumes.find((volume) => volume.vmId === vmId);
  await done('detachVolume', { id: root?.id ?? '' });
  for (const [index, id] of volumeIds.entries()) {
    await done('attachVolume', { id, virtualmachineid: vmId, deviceid: String(index) });
  }
  return vmId;
}

/** As an operator would set it: the address of the console, and its token. */
function consoleReader(): ReadConsoleText {
  const { controlUrl, controlToken } = cloud.simulator;
  return consoleTextReader({ urlTemplate: `${controlUrl}/vms/{vm_id}/console`, token: controlToken });
}

const judge = (vmId: string): Promise<BootVerdict> =>
  judgeBoot({
    cloud: { client: cloud.client },
    vmId,
    readConsole: consoleReader(),
    signal: new AbortController().signal,
    deadlineMs: BOOT_WITHIN_MS,
    timing: { pollMs: 100, staysMs: BOOT_WITHIN_MS, quietMs: 5 * SECOND },
  });

async function hashOf8MiB(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(8 * MiB), 0, 8 * MiB, 0);
    return createHash('sha256').update(buffer).digest('hex');
  } finally {
    await file.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const account = async (vmId: string) => guestAccount((await consoleReader()(vmId)) ?? '');
const stateOf = (vmId: string) => cloud.simulator.world.vms.find((row) => row.id === vmId)?.state;

describe('a VM with the bytes of a system on its volumes', () => {
  let vmId: string;
  let volumes: readonly string[];

  beforeAll(async () => {
    const [system, data] = [join(dir, 'system'), join(dir, 'data')];
    await makeBootImage({ home: process.cwd(), path: system, hostname: 'web-1', capacityBytes: 48 * MiB });
    await writeFile(data, '');
    await truncate(data, 64 * MiB);
    await run('mkfs.ext4', ['-q', '-F', data], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
    volumes = [await volumeOf(system), await volumeOf(data)];
    vmId = await deployWith('web-1-test', volumes);
  });

  test('boots from them, as the verdict says, and finds them, its card and its firmware as they should be', async () => {
    const paths = volumes.map((id) => cloud.simulator.volumePath(id));
    const hashes = await Promise.all(paths.map(hashOf8MiB));
    const whole = await readFile(paths[0] ?? '');

    await done('startVirtualMachine', { id: vmId });

    const verdict = await judge(vmId);
    expect(verdict).toMatchObject({ verdict: 'booted', vmState: 'Running' });
    expect(verdict.consoleLines.at(-1)).toBe('web-1 login:');
    expect(await account(vmId)).toMatchObject({
      hostname: 'web-1',
      firmware: 'bios',
      macAddresses: [MAC],
      disks: volumes.map((id, index) => ({ serial: serialOf(id), bytes: GiB, sha256Of8MiB: hashes[index] })),
      isReady: true,
    });
    // It is a real one: it has written to its disks.
    expect(whole.equals(await readFile(paths[0] ?? ''))).toBe(false);
  }, 300_000);

  test('has its volumes to itself while it runs', async () => {
    const path = cloud.simulator.volumePath(volumes[1] ?? '');
    const write = run('qemu-io', ['-f', 'raw', '-c', 'write 0 512', path]);
    await expect(write).rejects.toMatchObject({ stderr: expect.stringContaining('lock') });
    expect(await job('detachVolume', { id: volumes[1] ?? '' })).toMatchObject({ jobresultcode: 530 });
  });

  test('is powered on again with the cloud, and its console begins anew', async () => {
    await cloud.restart();
    expect(stateOf(vmId)).toBe('Running');
    expect(await judge(vmId)).toMatchObject({ verdict: 'booted' });
    expect((await account(vmId)).lines.filter((line) => 'guest' in line)).toHaveLength(1);
  }, 300_000);

  test('ends by itself when its power button is pressed', async () => {
    await done('stopVirtualMachine', { id: vmId });
    expect(stateOf(vmId)).toBe('Stopped');
    expect((await account(vmId)).lines.at(-1)).toEqual({ power: 'off' });
    expect(await judge(vmId)).toMatchObject({ verdict: 'not-booted', vmState: 'Stopped' });
  });
});

describe('a VM', () => {
  test('with nothing on its volumes runs and has not booted, and is ended with its VM', async () => {
    const vmId = await deploy('blank');
    await done('startVirtualMachine', { id: vmId });
    expect(await judge(vmId)).toMatchObject({
      verdict: 'not-booted',
      vmState: 'Running',
      reason: expect.stringContaining('No bootable device'),
    });
    await done('destroyVirtualMachine', { id: vmId, expunge: 'true' });
    expect(cloud.simulator.consoleText(vmId)).toBeUndefined();
  }, 120_000);

  test('does not start while somebody else has one of its volumes, and is Stopped then', async () => {
    const empty = join(dir, 'empty');
    await writeFile(empty, '');
    const volume = await volumeOf(empty);
    const vmId = await deployWith('locked', [volume]);
    const socket = join(dir, 'nbd');
    await using stack = new AsyncDisposableStack();
    const holder = execFile('qemu-nbd', ['-t', '-f', 'raw', '-k', socket, cloud.simulator.volumePath(volume)]);
    stack.defer(() => end(holder));
    await until(() => run('qemu-img', ['info', `nbd+unix:///?socket=${socket}`]).catch(() => undefined), {
      withinMs: 30_000,
      what: 'somebody who has the volume',
    });

    expect(await job('startVirtualMachine', { id: vmId })).toMatchObject({
      jobresult: { errortext: expect.stringMatching(/Failed to get .*lock/) },
    });
    expect(stateOf(vmId)).toBe('Stopped');

    await end(holder);
    await done('startVirtualMachine', { id: vmId });
    await done('stopVirtualMachine', { id: vmId, forced: 'true' });
  }, 120_000);
});
