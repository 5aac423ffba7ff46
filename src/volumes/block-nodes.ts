import { z } from 'zod';
import { conflict, upstream } from '../base/errors.ts';
import { claimDevice } from './device-claim.ts';
import { openedBy } from './device-identity.ts';
import type { Device } from './device.ts';
import { takesDirectAccess } from './overlay-file.ts';
import type { StorageProcess } from './storage-process.ts';

/**
 * The block nodes of a volume inside qemu: the device, and where a cycle lands beside it, an overlay above it. Names are
 * made from the serial, so a volume has each of them once at most. At most 31 characters. Callers serialise per volume.
 */

const nodesSchema = z.array(
  z.object({ 'node-name': z.string().optional(), image: z.object({ 'virtual-size': z.number() }) }),
);

export const deviceNode = (serial: string): string => `vol-${serial}`;
export const overlayNode = (serial: string): string => `over-${serial}`;
const fileNode = (serial: string): string => `overfile-${serial}`;

/** For the tables of an overlay: they cover 32 GiB around where it is written, and a cycle writes in ascending order. */
const TABLE_CACHE_BYTES = 4 * 1024 ** 2;

export interface NodesOf {
  readonly serial: string;
  readonly device: Device;
  /** File of the overlay; null: the device is used by itself. */
  readonly overlayPath: string | null;
}

/**
 * Opens the device, proves that qemu opened this very device, and opens the overlay above it. Of the two only one can
 * be written: the overlay while a cycle lands in it, the device while it is merged, or where there is no overlay.
 * @throws conflict `export.device-open`; upstream `export.wrong-device`, `qemu.*`. What was opened stays: closeNodes.
 */
export function openNodes(process: StorageProcess, of: NodesOf, purpose: 'export' | 'merge'): Promise<void> {
  // Alone, because which device qemu opened is seen by what is new among its files.
  return process.opening.run('open', async () => {
    const isLanding = of.overlayPath !== null && purpose === 'export';
    await openDevice(process, of, isLanding);
    if (of.overlayPath !== null) await openOverlay(process, of.serial, { path: of.overlayPath, isLanding });
  });
}

async function openDevice(process: StorageProcess, { serial, device }: NodesOf, readOnly: boolean): Promise<void> {
  const claim = await claimDevice(device);
  if (claim !== undefined) process.claims.set(serial, claim);
  const before = await openedBy(process.pid);
  if (before.has(device.identity)) {
    throw conflict('export.device-open', `qemu has ${device.path} open already under another name`, {
      details: { path: device.path, identity: device.identity },
      hint: 'two volumes resolved to one device; nothing was written',
    });
  }
  await process.qmp.execute('blockdev-add', { ...blockdev(serial, device), 'read-only': readOnly });
  const after = await openedBy(process.pid);
  const opened = [...after].filter((identity) => !before.has(identity));
  const size = (await nodeSizes(process)).get(deviceNode(serial));
  if (opened.length === 1 && opened[0] === device.identity && size === device.sizeBytes) return;
  throw upstream('export.wrong-device', `qemu opened another device than ${device.path}`, {
    details: { path: device.path, expected: device.identity, opened, sizeBytes: size },
    hint: 'the device changed while it was opened; the next attempt resolves it again',
  });
}

function blockdev(serial: string, device: Device): Record<string, unknown> {
  const block = device.kind === 'block';
  return {
    driver: block ? 'host_device' : 'file',
    'node-name': deviceNode(serial),
    filename: device.path,
    // Disks bypass the page cache of the appliance: it would only double memory and delay errors to the flush.
    // Plain files may lie on a file system without direct access.
    cache: { direct: block, 'no-flush': false },
    // Written zeroes may become holes; both kinds of device read them back as zeroes.
    discard: 'unmap',
    // Refuses a file that a virtual machine of this host has open.
    locking: 'on',
  };
}

async function openOverlay(
  { qmp }: StorageProcess,
  serial: string,
  { path, isLanding }: { readonly path: string; readonly isLanding: boolean },
): Promise<void> {
  await qmp.execute('blockdev-add', {
    driver: 'file',
    'node-name': fileNode(serial),
    filename: path,
    // After a flush that failed, the page cache may show as written what is not on the disk; see decision 26.
    cache: { direct: await takesDirectAccess(path), 'no-flush': false },
    'read-only': !isLanding,
    locking: 'on',
  });
  await qmp.execute('blockdev-add', {
    driver: 'qcow2',
    'node-name': overlayNode(serial),
    file: fileNode(serial),
    // Named here and nowhere in the file: what a path leads to may change, a node is the device that was checked.
    backing: deviceNode(serial),
    'read-only': !isLanding,
    'l2-cache-size': TABLE_CACHE_BYTES,
    // A discarded range must not show what the device has there; nothing of ours discards.
    discard: 'ignore',
  });
}

/** Takes the nodes of the volume away, whichever there are. Nothing may use them. */
export async function closeNodes(process: StorageProcess, serial: string): Promise<void> {
  const sizes = await nodeSizes(process);
  for (const name of [overlayNode(serial), fileNode(serial), deviceNode(serial)]) {
    if (sizes.has(name)) await process.qmp.execute('blockdev-del', { 'node-name': name });
  }
  const claim = process.claims.get(serial);
  process.claims.delete(serial);
  await claim?.close();
}

/** Length in bytes of each block node. */
async function nodeSizes({ qmp }: StorageProcess): Promise<ReadonlyMap<string, number>> {
  const nodes = nodesSchema.parse(await qmp.execute('query-named-block-nodes', { flat: true }));
  return new Map(nodes.map((node) => [node['node-name'] ?? '', node.image['virtual-size']]));
}
