import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { GiB } from '../../base/units.ts';
import type { DiskRow, NicRow, Tracking, VmRow } from './world.ts';

/** New rows: VMs, their disks and adapters. Pure but for the uuids of what is really new. */

export interface DiskSettings {
  readonly capacityBytes: number;
  /** Name of its file in the VM's folder. `<key>.img` by default, which is made, empty, when it is needed. */
  readonly image?: string;
  /** The file is there. */
  readonly isImageMade?: boolean;
  /** 2000 + unit number by default. */
  readonly key?: number;
  readonly kind?: DiskRow['kind'];
  readonly diskMode?: string;
  readonly isThin?: boolean;
  readonly isShared?: boolean;
}

export interface VmSettings {
  readonly name: string;
  /** Folder in the inventory below `vm`, e.g. `web/front`; made where it is missing. */
  readonly folder?: string;
  /** Folder with its images; a new one by default. */
  readonly dir?: string;
  /** One disk of 1 GiB by default. */
  readonly disks?: readonly DiskSettings[];
  /** Anything else that is to differ from a small Linux server that is on. */
  readonly changes?: Partial<VmRow>;
}

/** Where a new VM goes. */
export interface Surrounds {
  readonly id: string;
  readonly parent: string;
  readonly host: string;
  readonly datastore: string;
  readonly datastoreName: string;
  readonly network: string;
  readonly dir: string;
}

export const SCSI_CONTROLLER_KEY = 1000;
/** The controller itself has it. */
const RESERVED_UNIT = 7;

/** @param makeUuid by default random */
export function makeVm(settings: VmSettings, at: Surrounds, makeUuid: () => string = randomUUID): VmRow {
  const { name, disks = [{ capacityBytes: GiB }] } = settings;
  const rows: DiskRow[] = [];
  for (const disk of disks) rows.push(makeDisk(disk, { vmId: at.id, vmName: name, rows, ...at }, makeUuid));
  return {
    id: at.id,
    name,
    parent: at.parent,
    host: at.host,
    datastore: at.datastore,
    instanceUuid: makeUuid(),
    biosUuid: makeUuid(),
    version: 'vmx-19',
    guestId: 'debian11_64Guest',
    guestFullName: 'Debian GNU/Linux 11 (64-bit)',
    firmware: 'bios',
    isSecureBoot: false,
    annotation: '',
    isTemplate: false,
    cpuCount: 2,
    memoryMb: 2048,
    powerState: 'poweredOn',
    connectionState: 'connected',
    bootedAt: new Date().toISOString(),
    areToolsRunning: true,
    sharedBus: 'noSharing',
    isTrackingSupported: true,
    isTrackingEnabled: false,
    wasEnabledOverSnapshots: false,
    isConsolidationNeeded: false,
    nics: [makeNic(at.id, at.network)],
    disks: rows,
    snapshots: [],
    currentSnapshot: null,
    snapshotCount: 0,
    deltaCount: 0,
    dir: settings.dir ?? at.dir,
    ...settings.changes,
  };
}

export interface DiskPlace {
  readonly vmId: string;
  readonly vmName: string;
  readonly datastoreName: string;
  /** Disks that the VM has already. */
  readonly rows: readonly DiskRow[];
}

export function makeDisk(settings: DiskSettings, place: DiskPlace, makeUuid: () => string = randomUUID): DiskRow {
  const { rows, vmName } = place;
  const used = new Set(rows.map((row) => row.unitNumber));
  let unitNumber = 0;
  while (used.has(unitNumber) || unitNumber === RESERVED_UNIT) unitNumber += 1;
  const key = settings.key ?? 2000 + unitNumber;
  const suffix = rows.length === 0 ? '' : `_${rows.length}`;
  return {
    key,
    controllerKey: SCSI_CONTROLLER_KEY,
    unitNumber,
    label: `Hard disk ${rows.length + 1}`,
    capacityBytes: settings.capacityBytes,
    diskObjectId: `${place.vmId.replace(/^vm-/, '')}-${key}`,
    kind: settings.kind ?? 'flat',
    fileName: `[${place.datastoreName}] ${vmName}/${vmName}${suffix}.vmdk`,
    backingUuid: makeUuid(),
    diskMode: settings.diskMode ?? 'persistent',
    isThin: settings.isThin ?? true,
    isShared: settings.isShared ?? false,
    image: settings.image ?? `${key}.img`,
    isImageMade: settings.isImageMade ?? false,
    tracking: null,
  };
}

/** Locally administered, by the VM's number. */
function makeNic(vmId: string, network: string): NicRow {
  const digits = Number(vmId.replace(/\D/g, '')).toString(16).padStart(6, '0').slice(-6);
  const macAddress = `00:50:56:${(digits.match(/../g) ?? []).join(':')}`;
  return { key: 4000, label: 'Network adapter 1', macAddress, network, isConnected: true };
}

/** A number that always means the same uuid: for VMs that are made anew at each start. */
export function uuidsOf(seed: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    const hex = createHash('sha256').update(`${seed}/${count}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}

/** Whether a snapshot has the disk, and tracking can be had of it. Source: vSphere API, VirtualDiskMode; VDDK guide. */
export const isInSnapshots = (disk: DiskRow): boolean =>
  !disk.diskMode.startsWith('independent') && disk.kind !== 'rdm-physical';

/** As ESXi writes it: `52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63`. */
function newLineage(): string {
  const bytes = randomBytes(16).toString('hex').match(/../g) ?? [];
  return `${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
}

export const newTracking = (isWrong: boolean): Tracking => ({
  lineage: newLineage(),
  sequence: 1,
  isActive: true,
  isWrong,
  isDamaged: false,
});

/** Undefined where no changes are tracked. */
export const changeIdOf = ({ tracking }: DiskRow): string | undefined =>
  tracking?.isActive === true ? `${tracking.lineage}/${tracking.sequence}` : undefined;
