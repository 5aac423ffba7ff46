import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../base/clock.ts';
import { type AppError, precondition, upstream } from '../base/errors.ts';
import { SECOND, formatBytes } from '../base/units.ts';
import { identify, isGone, numberOf, type DeviceIdentity } from './device-identity.ts';
import { nudgeDevices } from './device-nudge.ts';
import { diskSequence, kernelSerial } from './device-serial.ts';
import { blockSize, inUse, namesIn, sysfs } from './device-state.ts';
import { linkMatches, serialMatches, serialOf } from './serial.ts';

/**
 * From a volume to its Linux device, by serial and by nothing else. Size, time of appearance and drive letter are never
 * used to choose: they are what two disks attached together have in common. The size only confirms.
 */

const POLL_MS = 200;
/** A disk that did not appear by itself until then is looked for actively, and again from time to time. */
const FIRST_NUDGE_MS = 3 * SECOND;
const NUDGE_EVERY_MS = 15 * SECOND;

export interface DeviceFolders {
  /** Links named after serials; /dev/disk/by-id. */
  readonly deviceDir: string;
  /** Plain files are devices too; for the lab only. */
  readonly deviceFiles: boolean;
  /** /sys/block, which knows serials where udev does not run (containers). */
  readonly sysBlockDir?: string;
}

export interface ResolveDevice extends DeviceFolders {
  readonly volumeUuid: string;
  /** Size of the volume as CloudStack states it, in bytes: the device must have exactly this. */
  readonly expectedBytes: number;
  /** How long to wait for a device that is being plugged in; 0 looks once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Device {
  /** Real path, links resolved: /dev/vdb. Changes when the volume is attached again. */
  readonly path: string;
  readonly identity: DeviceIdentity;
  readonly kind: 'block' | 'file';
  readonly sizeBytes: number;
  /** What it was found by. */
  readonly serial: string;
  /** See diskSequence; undefined for files. */
  readonly sequence: string | undefined;
}

/**
 * The one device that carries the serial of this volume, checked to be writable, whole, of the right size and unused.
 * @throws upstream `volume.device-missing` (nothing with the serial within the time: plugging may be slow),
 * `volume.device-swapped` (a link bears the serial and leads to another disk: udev has not caught up); precondition `volume.device-ambiguous`, `volume.device-size`, `volume.device-in-use`, `volume.device-not-block`;
 * invalid-request `volume.bad-id`.
 */
export async function resolveDevice(wanted: ResolveDevice): Promise<Device> {
  const serial = serialOf(wanted.volumeUuid);
  const start = performance.now();
  let nudgeAtMs = FIRST_NUDGE_MS;
  // Once, and never for a folder that only stands in for /sys.
  let rescansPci = wanted.sysBlockDir === undefined;
  for (;;) {
    const { device, strangers } = await lookOnce(wanted, serial);
    if (device !== undefined) return checked(wanted, device);
    const waitedMs = performance.now() - start;
    if (waitedMs >= wanted.timeoutMs) throw missing(wanted, { serial, strangers });
    if (waitedMs >= nudgeAtMs && !wanted.deviceFiles) {
      await nudgeDevices(wanted.signal, { rescansPci });
      rescansPci = false;
      nudgeAtMs = waitedMs + NUDGE_EVERY_MS;
    }
    await sleep(POLL_MS, wanted.signal);
  }
}

interface Look {
  readonly device: Device | undefined;
  /** Disks that a link gives out as ours, and that tell the kernel another serial. */
  readonly strangers: readonly Device[];
}

async function lookOnce(wanted: ResolveDevice, serial: string): Promise<Look> {
  const found = new Map<DeviceIdentity, Device>();
  const strangers: Device[] = [];
  for (const candidate of await candidates(wanted, serial)) {
    const device = await examine(candidate, serial);
    // A size of 0 is a disk that is still coming up, or one on its way out.
    if (device === undefined || device.sizeBytes === 0) continue;
    if (await isStranger(device)) strangers.push(device);
    else found.set(device.identity, device);
  }
  if (found.size > 1) throw ambiguous(wanted, [...found.values()]);
  return { device: [...found.values()][0], strangers };
}

async function candidates(wanted: DeviceFolders, serial: string): Promise<string[]> {
  const links = (await namesIn(wanted.deviceDir))
    .filter((name) => linkMatches(name, serial))
    .map((name) => join(wanted.deviceDir, name));
  const sysBlockDir = wanted.sysBlockDir ?? '/sys/block';
  const disks: string[] = [];
  for (const name of await namesIn(sysBlockDir)) {
    const reported = await kernelSerial(join(sysBlockDir, name));
    if (reported !== undefined && serialMatches(reported, serial)) disks.push(join('/dev', name));
  }
  return [...links, ...disks];
}

async function examine(candidate: string, serial: string): Promise<Device | undefined> {
  try {
    const path = await realpath(candidate);
    const found = await identify(path);
    if (found === undefined) return undefined;
    const { identity, fileBytes } = found;
    if (fileBytes !== undefined) {
      return { path, identity, kind: 'file', sizeBytes: fileBytes, serial, sequence: undefined };
    }
    const folder = sysfs(numberOf(identity));
    const sequence = await diskSequence(folder);
    return { path, identity, kind: 'block', sizeBytes: await blockSize(numberOf(identity)), serial, sequence };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether the kernel knows this disk under another serial than the one that it was found by. */
export async function isStranger({ kind, identity, serial }: Device): Promise<boolean> {
  if (kind === 'file') return false;
  const reported = await kernelSerial(sysfs(numberOf(identity)));
  return reported !== undefined && !serialMatches(reported, serial);
}

async function checked(wanted: ResolveDevice, device: Device): Promise<Device> {
  const details = { volumeId: wanted.volumeUuid, path: device.path, sizeBytes: device.sizeBytes };
  if (device.kind === 'file' && !wanted.deviceFiles) {
    throw precondition('volume.device-not-block', `${device.path} is a file, not a block device`, {
      details,
      hint: 'plain files are devices in the lab only; check MIGRATEKIT_DEVICE_DIR',
    });
  }
  if (device.sizeBytes !== wanted.expectedBytes) {
    const sizes = `${formatBytes(device.sizeBytes)}, not ${formatBytes(wanted.expectedBytes)}`;
    throw precondition('volume.device-size', `${device.path} is ${sizes} as CloudStack says`, {
      details: { ...details, expectedBytes: wanted.expectedBytes },
      hint: 'was the volume resized while attached? detach it, attach it again, and start over',
    });
  }
  const use = device.kind === 'block' ? await inUse(numberOf(device.identity), device.path) : undefined;
  if (use !== undefined) {
    throw precondition('volume.device-in-use', `${device.path} cannot be written: ${use}`, {
      details,
      hint: 'unmount or release it on the appliance; replicas are never mounted there',
    });
  }
  await mayWrite(device, details);
  return device;
}

async function mayWrite(device: Device, details: Record<string, unknown>): Promise<void> {
  await access(device.path, constants.R_OK | constants.W_OK).catch((cause: unknown) => {
    throw precondition('volume.device-forbidden', `this process may not write ${device.path}`, {
      cause,
      details,
      hint: 'run the volume daemon as root or as a member of group disk',
    });
  });
}

function missing(wanted: ResolveDevice, found: { serial: string; strangers: readonly Device[] }): AppError {
  const { serial, strangers } = found;
  const details = { volumeId: wanted.volumeUuid, serial, deviceDir: wanted.deviceDir, waitedMs: wanted.timeoutMs };
  const paths = strangers.map((device) => device.path);
  if (paths.length > 0) {
    return upstream('volume.device-swapped', `${paths.join(', ')} is linked as ${serial} and is another disk`, {
      details: { ...details, paths },
      hint: 'the disk was exchanged and udev has not noticed; lsblk -o NAME,SERIAL shows what is there',
    });
  }
  return upstream('volume.device-missing', `no device with serial ${serial} appeared`, {
    details,
    hint: 'is the volume attached to this appliance? lsblk -o NAME,SERIAL shows what it sees',
  });
}

function ambiguous(wanted: ResolveDevice, devices: readonly Device[]): AppError {
  const paths = devices.map((device) => device.path);
  return precondition('volume.device-ambiguous', `the serial fits ${devices.length} devices: ${paths.join(', ')}`, {
    details: { volumeId: wanted.volumeUuid, paths },
    hint: 'detach the one that does not belong to this volume; nothing was written',
  });
}
