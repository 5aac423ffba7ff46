import { badAnswer } from '../errors.ts';
import { child, flagIn, integerIn, needInteger, refIn, textIn, typeOf } from '../soap/read.ts';
import type { ObjectRef } from '../soap/reference.ts';
import type { XmlElement } from '../soap/xml.ts';
import { readControllers, type DiskController } from './controllers.ts';

/** Virtual disks of a VM, or of a snapshot of it. Source: vSphere Web Services API, VirtualDisk. Pure. */

export interface VirtualDisk {
  /** Device key; stays with the disk as long as it stays in the VM. */
  readonly key: number;
  readonly label: string | undefined;
  readonly controller: DiskController | undefined;
  readonly unitNumber: number | undefined;
  /** e.g. scsi0:1 */
  readonly address: string | undefined;
  readonly capacityBytes: number;
  readonly diskObjectId: string | undefined;
  readonly backing: DiskBacking;
}

export interface DiskBacking {
  /** Class of the backing, e.g. VirtualDiskFlatVer2BackingInfo. */
  readonly type: string;
  /** e.g. `[datastore1] web01/web01.vmdk`; another one after a snapshot. */
  readonly fileName: string | undefined;
  readonly datastore: ObjectRef | undefined;
  /** Stays with the content through snapshots and renaming. */
  readonly uuid: string | undefined;
  /** persistent, independent_persistent, ... */
  readonly mode: string | undefined;
  /** Unknown for raw devices, and where the datastore does not tell. */
  readonly provisioning: 'thin' | 'thick-lazy' | 'thick-eager' | undefined;
  /** sharingNone or sharingMultiWriter. */
  readonly sharing: string | undefined;
  /** Of a raw device: physicalMode or virtualMode. */
  readonly compatibilityMode: string | undefined;
  /** Names the state of the disk for changed block tracking; of use only where read from a snapshot. */
  readonly changeId: string | undefined;
  /** Its file is the difference to another one: a snapshot, or a linked clone. */
  readonly hasParent: boolean;
}

/** The disks among `devices` (config.hardware.device), in their order. Errors: `vsphere.bad-answer`. */
export function readDisks(devices: readonly XmlElement[]): VirtualDisk[] {
  const controllers = readControllers(devices);
  return devices
    .filter((device) => typeOf(device) === 'VirtualDisk')
    .map((device) => readDisk(device, controllers.get(integerIn(device, 'controllerKey') ?? -1)));
}

const KIB = 1024;

function readDisk(device: XmlElement, controller: DiskController | undefined): VirtualDisk {
  const key = needInteger(device, 'key');
  const unitNumber = integerIn(device, 'unitNumber');
  // Versions before 5.5 know KiB only.
  const capacityBytes = integerIn(device, 'capacityInBytes') ?? needInteger(device, 'capacityInKB') * KIB;
  if (capacityBytes < 0 || !Number.isSafeInteger(capacityBytes)) throw badAnswer('a disk has no size', { key });
  return {
    key,
    label: textIn(child(device, 'deviceInfo'), 'label'),
    controller,
    unitNumber,
    address:
      controller === undefined || unitNumber === undefined
        ? undefined
        : `${controller.bus}${controller.busNumber}:${unitNumber}`,
    capacityBytes,
    diskObjectId: textIn(device, 'diskObjectId'),
    backing: readBacking(child(device, 'backing')),
  };
}

function readBacking(backing: XmlElement | undefined): DiskBacking {
  return {
    type: (backing === undefined ? undefined : typeOf(backing)) ?? 'unknown',
    fileName: textIn(backing, 'fileName'),
    datastore: refIn(backing, 'datastore'),
    uuid: textIn(backing, 'uuid'),
    mode: textIn(backing, 'diskMode'),
    provisioning: provisioningOf(backing),
    sharing: textIn(backing, 'sharing'),
    compatibilityMode: textIn(backing, 'compatibilityMode'),
    changeId: textIn(backing, 'changeId'),
    hasParent: child(backing, 'parent') !== undefined,
  };
}

function provisioningOf(backing: XmlElement | undefined): DiskBacking['provisioning'] {
  const isThin = flagIn(backing, 'thinProvisioned');
  if (isThin === true) return 'thin';
  if (flagIn(backing, 'eagerlyScrub') === true) return 'thick-eager';
  return isThin === false ? 'thick-lazy' : undefined;
}
