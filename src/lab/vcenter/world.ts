import { z } from 'zod';

/** What the simulated vCenter remembers: plain rows, changed in place. `id` is the moref throughout. */

const id = z.string().min(1);

/** State of changed block tracking of one disk; its file beside the image holds the same (disks/tracking.ts). */
export const trackingSchema = z.object({
  /** The part of a changeId before the slash: another one after each time that tracking begins anew. */
  lineage: z.string(),
  /** The part behind it. Blocks written now are marked with this number. */
  sequence: z.int().min(1),
  isActive: z.boolean(),
  /** Was enabled while the VM had snapshots: its answers leave changes out. */
  isWrong: z.boolean(),
  /** The ctk file cannot be read. */
  isDamaged: z.boolean(),
});
export type Tracking = z.output<typeof trackingSchema>;

const backingKind = z.enum(['flat', 'sparse', 'se-sparse', 'rdm-virtual', 'rdm-physical']);

const diskRow = z.object({
  key: z.int(),
  controllerKey: z.int(),
  unitNumber: z.int().min(0),
  label: z.string(),
  capacityBytes: z.int().positive(),
  diskObjectId: z.string(),
  kind: backingKind,
  /** `[datastore1] web01/web01.vmdk`; another one after a snapshot. */
  fileName: z.string(),
  backingUuid: z.string(),
  diskMode: z.string(),
  isThin: z.boolean(),
  isShared: z.boolean(),
  /** Name of its file in the VM's folder. */
  image: z.string(),
  /** false: it is made, empty, when it is needed. One that was made and is gone is a fault. */
  isImageMade: z.boolean(),
  /** Null until tracking begins for the first time. */
  tracking: trackingSchema.nullable(),
});
export type DiskRow = z.output<typeof diskRow>;

const nicRow = z.object({
  key: z.int(),
  label: z.string(),
  macAddress: z.string(),
  /** Moref of a Network or of a DistributedVirtualPortgroup. */
  network: id,
  isConnected: z.boolean(),
});
export type NicRow = z.output<typeof nicRow>;

const snapshotRow = z.object({
  id,
  number: z.int(),
  name: z.string(),
  description: z.string(),
  createdAt: z.string(),
  isQuiesced: z.boolean(),
  /** config.changeTrackingEnabled at that moment; reverting takes the VM back to it. */
  isTrackingEnabled: z.boolean(),
  powerState: z.string(),
  /** The one that it was taken on top of. */
  parent: id.nullable(),
  /** As they were at that moment. */
  disks: z.array(diskRow),
});
export type SnapshotRow = z.output<typeof snapshotRow>;

export const vmRow = z.object({
  id,
  name: z.string(),
  /** Folder in the inventory. */
  parent: id,
  host: id,
  datastore: id,
  instanceUuid: z.string(),
  biosUuid: z.string(),
  version: z.string(),
  guestId: z.string(),
  guestFullName: z.string(),
  firmware: z.enum(['bios', 'efi']),
  isSecureBoot: z.boolean().default(false),
  annotation: z.string(),
  isTemplate: z.boolean(),
  cpuCount: z.int().positive(),
  memoryMb: z.int().positive(),
  powerState: z.enum(['poweredOn', 'poweredOff', 'suspended']),
  connectionState: z.enum(['connected', 'disconnected', 'orphaned', 'inaccessible', 'invalid']),
  /** Null while it is off. */
  bootedAt: z.string().nullable(),
  areToolsRunning: z.boolean(),
  /** Sharing of its SCSI bus. */
  sharedBus: z.enum(['noSharing', 'virtualSharing', 'physicalSharing']),
  isTrackingSupported: z.boolean(),
  /** config.changeTrackingEnabled: what is wanted. Whether it happens is in the disks. */
  isTrackingEnabled: z.boolean(),
  /** The wish came while there were snapshots. */
  wasEnabledOverSnapshots: z.boolean(),
  isConsolidationNeeded: z.boolean(),
  nics: z.array(nicRow),
  disks: z.array(diskRow),
  snapshots: z.array(snapshotRow),
  /** The VM runs on top of this one. */
  currentSnapshot: id.nullable(),
  snapshotCount: z.int().min(0),
  /** Of the last `-00000N` of a file name. */
  deltaCount: z.int().min(0),
  /** Absolute path of the folder with its images and its write lock. */
  dir: z.string(),
});
export type VmRow = z.output<typeof vmRow>;

const named = { id, name: z.string() };
const folderRow = z.object({ ...named, parent: id, childTypes: z.array(z.string()) });
const datacenterRow = z.object({ ...named, parent: id });
const hostRow = z.object({ ...named, parent: id, connectionState: z.string() });
const datastoreRow = z.object({
  ...named,
  parent: id,
  capacityBytes: z.int(),
  freeBytes: z.int(),
  isAccessible: z.boolean(),
  type: z.string(),
});
const networkRow = z.object({
  ...named,
  parent: id,
  kind: z.enum(['standard', 'switch', 'portgroup']),
  /** Of a portgroup: the switch that it belongs to. */
  switchId: id.nullable(),
});
const eventRow = z.object({
  key: z.int(),
  createdAt: z.string(),
  vm: id,
  /** Class of the event: TaskEvent, or EventEx, which names itself by `typeId`. */
  type: z.enum(['TaskEvent', 'EventEx']),
  typeId: z.string().nullable(),
  message: z.string(),
  username: z.string(),
  /** Of a TaskEvent. */
  descriptionId: z.string().nullable(),
});

export type FolderRow = z.output<typeof folderRow>;
export type DatacenterRow = z.output<typeof datacenterRow>;
export type HostRow = z.output<typeof hostRow>;
export type DatastoreRow = z.output<typeof datastoreRow>;
export type NetworkRow = z.output<typeof networkRow>;
export type EventRow = z.output<typeof eventRow>;

/** Everything but the VMs, which have a file each. */
export const surroundingsSchema = z.object({
  instanceUuid: z.string(),
  /** The next moref or key. */
  counter: z.int(),
  rootFolder: id,
  folders: z.array(folderRow),
  datacenters: z.array(datacenterRow),
  cluster: z.object({ ...named, parent: id, resourcePool: id }),
  hosts: z.array(hostRow),
  datastores: z.array(datastoreRow),
  networks: z.array(networkRow),
  events: z.array(eventRow),
  /** Cheap VMs, made by their number and kept as files only once they were changed. */
  generated: z.int().min(0),
});
export type Surroundings = z.output<typeof surroundingsSchema>;

export interface World extends Surroundings {
  readonly vms: Map<string, VmRow>;
}
