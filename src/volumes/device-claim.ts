import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { type AppError, precondition, upstream } from '../base/errors.ts';
import { deviceNumber, isGone, numberOf } from './device-identity.ts';
import { diskSequence } from './device-serial.ts';
import { blockSize, sysfs } from './device-state.ts';
import { isStranger, type Device } from './device.ts';

/**
 * Holds a disk for us while it is exported: the kernel refuses to mount it, or to give it to LVM, RAID or another claim
 * like this one. Plain files, which are devices in the lab only, cannot be held and give undefined. Close it.
 * Source: open(2), O_EXCL on block devices.
 * While it is held the kernel gives its number to no other disk, so what is asked of it now stays true: that it is the
 * disk that was resolved, under the same serial and of the same size.
 * @throws precondition `volume.device-in-use`; upstream `export.wrong-device` when it is another disk by now.
 */
export async function claimDevice(device: Device): Promise<FileHandle | undefined> {
  if (device.kind === 'file') return undefined;
  const handle = await open(device.path, constants.O_RDONLY | constants.O_EXCL).catch((cause: unknown) => {
    if (isGone(cause)) throw wrongDevice(device, 'is gone');
    throw precondition('volume.device-in-use', `${device.path} is in use on this host`, {
      cause,
      details: { path: device.path },
      hint: 'unmount or release it on the appliance; replicas are never mounted there',
    });
  });
  const change = await changeOf(device, handle);
  if (change === undefined) return handle;
  await handle.close();
  throw wrongDevice(device, change);
}

function wrongDevice(device: Device, change: string): AppError {
  return upstream('export.wrong-device', `${device.path} ${change}`, {
    details: { path: device.path, expected: device.identity },
    hint: 'the device changed while it was opened; the next attempt resolves it again',
  });
}

/** How the open disk differs from the one that was resolved; undefined when it does not. */
async function changeOf(device: Device, handle: FileHandle): Promise<string | undefined> {
  const { rdev } = await handle.stat({ bigint: true });
  if (`block:${deviceNumber(rdev)}` !== device.identity) return 'is another device by now';
  const number = numberOf(device.identity);
  if ((await diskSequence(sysfs(number))) !== device.sequence) return 'is another disk by now, under the same name';
  if (await isStranger(device)) return `no longer has the serial ${device.serial}`;
  const sizeBytes = await blockSize(number);
  if (sizeBytes !== device.sizeBytes) return `has ${sizeBytes} bytes by now, not ${device.sizeBytes}`;
  return undefined;
}
