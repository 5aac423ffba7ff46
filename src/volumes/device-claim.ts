import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { precondition, upstream } from '../base/errors.ts';
import { deviceNumber } from './device-identity.ts';
import type { Device } from './device.ts';

/**
 * Holds a disk for us while it is exported: the kernel refuses to mount it, or to give it to LVM, RAID or another claim
 * like this one. Plain files, which are devices in the lab only, cannot be held and give undefined. Close it.
 * Source: open(2), O_EXCL on block devices.
 * @throws precondition `volume.device-in-use`; upstream `export.wrong-device` when the path leads elsewhere by now.
 */
export async function claimDevice(device: Device): Promise<FileHandle | undefined> {
  if (device.kind === 'file') return undefined;
  const handle = await open(device.path, constants.O_RDONLY | constants.O_EXCL).catch((cause: unknown) => {
    throw precondition('volume.device-in-use', `${device.path} is in use on this host`, {
      cause,
      details: { path: device.path },
      hint: 'unmount or release it on the appliance; replicas are never mounted there',
    });
  });
  const { rdev } = await handle.stat({ bigint: true });
  if (`block:${deviceNumber(rdev)}` === device.identity) return handle;
  await handle.close();
  throw upstream('export.wrong-device', `${device.path} is another device by now`, {
    details: { path: device.path, expected: device.identity },
    hint: 'the device changed while it was opened; the next attempt resolves it again',
  });
}
