import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB, SECOND } from '../../../../src/base/units.ts';
import { makeBootImage, type BootImage } from '../../../../src/lab/guest-image/boot-image.ts';
import { GuestCloud } from '../../../support/guest/guest-cloud.ts';
import { until } from '../../../support/until.ts';

/**
 * What a firmware makes of disks that are signed, not signed, or made for another one, and guests that say nothing.
 */

jest.setTimeout(300_000);

const run = promisify(execFile);
const UEFI = { boottype: 'UEFI', bootmode: 'LEGACY' };
const SECURE = { boottype: 'UEFI', bootmode: 'SECURE' };

let guests: GuestCloud;
beforeAll(async () => {
  guests = await GuestCloud.start();
});
afterAll(() => guests[Symbol.asyncDispose]());

let count = 0;

/** A VM that was deployed so, on one volume with such a system, and started. */
async function started(image: Partial<BootImage>, deployment: Record<string, string>): Promise<[string, string]> {
  count += 1;
  const path = join(guests.dir, `system-${count}`);
  await makeBootImage({ home: process.cwd(), path, hostname: `guest-${count}`, capacityBytes: 48 * MiB, ...image });
  const volume = await guests.volumeOf(path);
  const vmId = await guests.deployWith(`guest-${count}`, [volume], deployment);
  await guests.done('startVirtualMachine', { id: vmId });
  return [vmId, volume];
}

const gone = (vmId: string): Promise<void> => guests.done('destroyVirtualMachine', { id: vmId, expunge: 'true' });

describe('secure boot', () => {
  test('refuses a loader that nobody it knows has signed, and the verdict says so; its variables are its own', async () => {
    const [vmId] = await started({ boots: 'uefi' }, SECURE);
    expect(await guests.judge(vmId)).toMatchObject({
      verdict: 'not-booted',
      vmState: 'Running',
      reason: expect.stringMatching(/^secure boot refuses .*Access Denied.* signed with a key/),
    });
    const own = join(guests.cloud.dir, 'guests', vmId, 'variables');
    const template = await readFile('/usr/share/OVMF/OVMF_VARS_4M.ms.fd');
    // The firmware has written its boot entries into its copy.
    const written = await readFile(own);
    expect(written).toHaveLength(template.length);
    expect(written.equals(template)).toBe(false);
    await gone(vmId);
    await expect(access(own)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('starts what is signed, from the shim to the last driver', async () => {
    const [vmId] = await started({ boots: 'uefi-signed' }, SECURE);
    expect(await guests.judge(vmId)).toMatchObject({ verdict: 'booted' });
    expect(await guests.account(vmId)).toMatchObject({ firmware: 'uefi', isReady: true });
    await gone(vmId);
  });
});

describe('a disk that was made for UEFI', () => {
  test('boots by UEFI', async () => {
    const [vmId] = await started({ boots: 'uefi' }, UEFI);
    expect(await guests.judge(vmId)).toMatchObject({ verdict: 'booted' });
    expect(await guests.account(vmId)).toMatchObject({ firmware: 'uefi', isReady: true });
    await gone(vmId);
  });

  test('does not boot by BIOS, and the verdict says what to change', async () => {
    const [vmId] = await started({ boots: 'uefi' }, {});
    expect(await guests.judge(vmId, { bootType: 'UEFI' })).toMatchObject({
      verdict: 'not-booted',
      reason: expect.stringMatching(/Booting from Hard Disk.*give it boot type UEFI/),
    });
    // Where nobody has told that its source starts by UEFI, a system that says nothing looks the same.
    const unclear = await guests.judge(vmId, { deadlineMs: SECOND });
    expect(unclear).toMatchObject({ verdict: 'running', reason: expect.stringContaining('a disk that needs UEFI') });
    await gone(vmId);
  });
});

describe('a system without a serial console', () => {
  test.each([
    ['BIOS', 'bios', {}],
    ['UEFI', 'uefi', UEFI],
  ] as const)('is up by %s, and the verdict says why nobody can tell', async (_name, boots, deployment) => {
    const [vmId, volume] = await started({ boots, isMute: true }, deployment);
    // It writes to its disk when it is up.
    await until(() => fileOn(guests.simulator.volumePath(volume)), { withinMs: 240_000, what: 'a mute guest' });
    expect((await guests.account(vmId)).lines).toEqual([]);
    const verdict = await guests.judge(vmId, { deadlineMs: SECOND });
    expect(verdict).toMatchObject({ verdict: 'running', reason: expect.stringMatching(/console=ttyS0.*its screen/) });
    await gone(vmId);
  });

  const fileOn = (path: string): Promise<string | undefined> =>
    run('mtype', ['-i', `${path}@@${MiB}`, '::boots.txt'], { env: { PATH: '/usr/bin', MTOOLS_SKIP_CHECK: '1' } }).then(
      ({ stdout }) => (stdout === '' ? undefined : stdout),
      () => undefined,
    );
});
