import { open } from 'node:fs/promises';
import { upstream } from '../base/errors.ts';
import { identify } from './device-identity.ts';
import type { Device } from './device.ts';

/**
 * Brings what was written to a device onto its disk. Linux tells a failed write to whoever syncs first after it, also
 * when somebody else wrote. Source: Linux, Documentation/filesystems/vfs.rst, "Handling errors during writeback".
 * @throws upstream `volume.flush-failed`, `export.wrong-device`
 */
export async function flushDevice(device: Device): Promise<void> {
  const file = await open(device.path);
  try {
    await file.sync();
    // After the flush: then it was this device that was flushed.
    const now = await identify(`/proc/self/fd/${file.fd}`);
    if (now?.identity === device.identity) return;
  } catch (cause) {
    throw upstream('volume.flush-failed', `${device.path} could not be flushed`, {
      cause,
      details: { path: device.path },
      hint: 'look at the disk of the volume and at the log of the kernel',
    });
  } finally {
    await file.close();
  }
  throw upstream('export.wrong-device', `${device.path} is another device by now`, {
    details: { path: device.path, expected: device.identity },
  });
}
