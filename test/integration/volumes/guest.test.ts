import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { GiB, MiB } from '../../../src/base/units.ts';
import { serialOf } from '../../../src/volumes/serial.ts';
import { startGuest, type Bus, type Guest, type GuestDisk } from '../../support/guest/guest.ts';
import { until } from '../../support/until.ts';

/** Disks of a real kernel, plugged in while it runs and recognised by our own sources, which run there. */

const PLUGGED_WITHIN_MS = 60_000;

let guest: Guest;
const plugged: GuestDisk[] = [];
beforeAll(async () => {
  guest = await startGuest();
}, 170_000);
afterAll(async () => guest[Symbol.asyncDispose]());
afterEach(unplugAll);

async function plug(volumeUuid: string, { bus = 'virtio', bytes = GiB }: { bus?: Bus; bytes?: number } = {}) {
  const disk = await guest.plug({ bus, serial: serialOf(volumeUuid), bytes });
  plugged.push(disk);
  return disk;
}

const resolve = (volumeUuid: string, { expectedBytes = GiB, timeoutMs = PLUGGED_WITHIN_MS } = {}) =>
  guest.ask({ do: 'resolve', volumeUuid, expectedBytes, timeoutMs });

async function shell(script: string): Promise<{ status: number; output: string }> {
  const answer = await guest.ask({ do: 'run', script });
  if ('error' in answer) throw new Error(answer.error.message);
  return answer.value as { status: number; output: string };
}

/** The guest has as many disks as the test plugged in. */
const disksAre = (count: number): Promise<unknown> =>
  until(async () => Number((await shell('ls -d /sys/block/[sv]d* 2>/dev/null | wc -l')).output) === count, {
    withinMs: PLUGGED_WITHIN_MS,
    what: `${count} disks in the guest`,
  });

async function unplugAll(): Promise<void> {
  for (const disk of plugged.splice(0)) await guest.unplug(disk);
  await disksAre(0);
  await shell('rm -f /tmp/by-id/*');
}

describe('a disk that is plugged into a running guest', () => {
  test.each<Bus>(['virtio', 'scsi'])(
    'is found by what it tells the kernel on the %s bus, with its size',
    async (bus) => {
      const [first, second] = [randomUUID(), randomUUID()];
      await plug(first, { bus });
      await plug(second, { bus, bytes: 3 * MiB });
      const one = await resolve(first);
      const other = await resolve(second, { expectedBytes: 3 * MiB });
      expect(one).toMatchObject({ value: { kind: 'block', sizeBytes: GiB, serial: serialOf(first) } });
      expect(other).toMatchObject({ value: { kind: 'block', sizeBytes: 3 * MiB, serial: serialOf(second) } });
      expect(one).not.toHaveProperty('value.path', (other as { value: { path: string } }).value.path);
      await unplugAll();
      await expect(resolve(first, { timeoutMs: 0 })).resolves.toMatchObject({
        error: { code: 'volume.device-missing' },
      });
    },
  );

  test('is found among two of one size, whatever letters they have', async () => {
    const volumes = [randomUUID(), randomUUID()];
    for (const volume of volumes) await plug(volume);
    for (const volume of volumes) {
      const { value } = (await resolve(volume)) as { value: { path: string } };
      const { output } = await shell(`cat /sys/block/${value.path.replace('/dev/', '')}/serial`);
      expect(output.trim()).toBe(serialOf(volume));
    }
  });

  test('is refused when it was resized while it was plugged in', async () => {
    const volume = randomUUID();
    const disk = await plug(volume);
    expect(await resolve(volume)).toHaveProperty('value');
    await guest.resize(disk, 2 * GiB);
    await until(async () => (await shell('cat /sys/block/vda/size')).output.trim() === String((2 * GiB) / 512), {
      withinMs: PLUGGED_WITHIN_MS,
      what: 'the new size in the guest',
    });
    expect(await guest.ask({ do: 'claim' })).toMatchObject({ error: { code: 'export.wrong-device' } });
    expect(await resolve(volume)).toMatchObject({ error: { code: 'volume.device-size' } });
    expect(await resolve(volume, { expectedBytes: 2 * GiB })).toHaveProperty('value');
  });

  test('is refused when two disks bear its serial', async () => {
    const volume = randomUUID();
    await plug(volume);
    await plug(volume);
    await disksAre(2);
    expect(await resolve(volume)).toMatchObject({ error: { code: 'volume.device-ambiguous' } });
  });

  test('is refused when it was exchanged after it was found, under the same name, number and size', async () => {
    const [volume, stranger] = [randomUUID(), randomUUID()];
    await plug(stranger);
    const before = (await resolve(stranger)) as { value: { path: string; identity: string } };
    await unplugAll();
    await plug(volume);
    await disksAre(1);
    // What was resolved last is what is claimed.
    expect(await guest.ask({ do: 'claim' })).toMatchObject({ error: { code: 'export.wrong-device' } });
    const { path, identity } = before.value;
    expect(await resolve(volume)).toMatchObject({ value: { path, identity } });
  });

  test('is refused when it was plugged out and in again after it was found', async () => {
    const volume = randomUUID();
    await plug(volume);
    expect(await resolve(volume)).toHaveProperty('value');
    await unplugAll();
    expect(await guest.ask({ do: 'claim' })).toMatchObject({ error: { code: 'export.wrong-device' } });
    await plug(volume);
    await disksAre(1);
    expect(await guest.ask({ do: 'claim' })).toMatchObject({ error: { code: 'export.wrong-device' } });
  });

  test('is refused when a link gives another disk out as ours', async () => {
    const [volume, stranger] = [randomUUID(), randomUUID()];
    await plug(stranger);
    await disksAre(1);
    await shell(`ln -s /dev/vda /tmp/by-id/virtio-${serialOf(volume)}`);
    expect(await resolve(volume, { timeoutMs: 0 })).toMatchObject({ error: { code: 'volume.device-swapped' } });
  });

  test('is refused while it is swap space, mounted, or held by somebody, and then it is held by us', async () => {
    const volume = randomUUID();
    await plug(volume);
    await disksAre(1);
    expect(await shell('mkswap /dev/vda && swapon /dev/vda')).toMatchObject({ status: 0 });
    expect(await resolve(volume)).toMatchObject({ error: { code: 'volume.device-in-use' } });
    expect(await shell('swapoff /dev/vda && mke2fs -q /dev/vda && mount /dev/vda /mnt')).toMatchObject({ status: 0 });
    expect(await resolve(volume)).toMatchObject({ error: { code: 'volume.device-in-use' } });
    expect(await shell('umount /mnt')).toMatchObject({ status: 0 });
    expect(await resolve(volume)).toHaveProperty('value');
    expect(await guest.ask({ do: 'claim' })).toEqual({ value: 'claimed' });
    expect((await shell('mount /dev/vda /mnt')).status).not.toBe(0);
    expect(await guest.ask({ do: 'release' })).toEqual({ value: 'released' });
    expect(await shell('mount /dev/vda /mnt && umount /mnt')).toMatchObject({ status: 0 });
  });

  test.each<[Bus, string]>([
    ['scsi', 'echo 1 > /sys/block/sda/device/delete'],
    ['virtio', 'echo 1 > "$(readlink -f /sys/block/vda/device)/../remove"'],
  ])('is looked for actively when the kernel has lost it on the %s bus', async (bus, lose) => {
    const volume = randomUUID();
    await plug(volume, { bus });
    await disksAre(1);
    await shell(lose);
    await disksAre(0);
    expect(await resolve(volume)).toMatchObject({ value: { serial: serialOf(volume) } });
  });
});
