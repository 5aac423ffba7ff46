import type { ContextStatus } from '../context-status.ts';

/** What is known of a VM before a failover of it: read from the rows and from CloudStack, judged by the rules here. */

/** From our own rows. Lengths in bytes. */
export interface StoredFacts {
  /** By the clock of the database. */
  readonly now: Date;
  readonly vm: VmFacts;
  readonly disks: readonly DiskFacts[];
  readonly mappings: readonly MappingFacts[];
  /** Each network that any VM is mapped to, once for live and once for test failovers. */
  readonly networkUses: readonly NetworkUse[];
  /** Jobs that hold the VM, or work on its failover, and have not ended. */
  readonly activeJobs: readonly ActiveJob[];
  /** Null: no CloudStack is configured. */
  readonly target: TargetFacts | null;
  /** What the last looks at the volumes found, seen at least twice in a row. */
  readonly volumeFindings: readonly FoundVolume[];
}

export interface VmFacts {
  readonly contextId: string;
  readonly vmName: string;
  readonly status: ContextStatus;
  /** A folder of images in place of a vCenter: there is nothing to power off. */
  readonly isFolder: boolean;
  /** As the source told it last: poweredOn, poweredOff, suspended; null where it said nothing. */
  readonly powerState: string | null;
  /** As the source told it last, e.g. toolsOk; null where it said nothing. */
  readonly toolsStatus: string | null;
  /** windows, linux, macos, other or unknown. */
  readonly osFamily: string;
  /** bios or efi; null where the source said nothing. */
  readonly firmware: string | null;
  /** Its UEFI starts only what is signed, as far as the source said so. */
  readonly isSecureBoot: boolean;
  readonly cpuCount: number | null;
  readonly memoryMb: number | null;
  /** There is an account of its vCenter that may be used. */
  readonly hasCredential: boolean;
  /** Ids of its disks as the source told them last; null where it said nothing of disks. */
  readonly sourceDiskIds: readonly string[] | null;
  /** Disks that the last cycle left out, by its own note. */
  readonly unreplicatedDisks: readonly string[];
  /** Its adapters, in their order. */
  readonly adapters: readonly AdapterFacts[];
  /** The cycle that made the last committed point; null where none is on record. */
  readonly commitJobId: string | null;
  /** The moment of the source that the committed point is of; null where there is no commit. */
  readonly committedPointAt: Date | null;
}

export interface AdapterFacts {
  readonly networkName: string;
  readonly macAddress: string | null;
}

export interface DiskFacts {
  readonly diskId: string;
  readonly capacityBytes: number | null;
  /** The cycle that committed it last. */
  readonly commitJobId: string | null;
  readonly changeId: string | null;
  readonly targetGeneration: number;
  readonly committedGeneration: number | null;
  /** A cycle has begun to write to the volume itself and was not committed. */
  readonly isDirty: boolean;
  /** Why it is to be copied in full next time; null where nothing was noted. */
  readonly fullReason: string | null;
  /** Why it should be compared soon; null: there is no doubt. */
  readonly doubt: string | null;
  readonly volume: VolumeFacts | null;
}

export interface VolumeFacts {
  readonly volumeId: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** creating, attached, detached, deleted or failed. */
  readonly state: string;
  readonly snapshotName: string | null;
  /** none, creating, ready, failed, reverting or rollback_complete. */
  readonly snapshotStatus: string;
  /** What lies above it: filling, sealed or merging; null: nothing. */
  readonly overlay: string | null;
  /** Where it is attached; null: nowhere. */
  readonly place: PlaceFacts | null;
  /** State of its export: pending, active or failed; null: there is none. */
  readonly exportStatus: string | null;
}

export interface PlaceFacts {
  readonly vmId: string;
  /** oma: this appliance has it; failover: the VM of a failover. */
  readonly mode: string;
  readonly cloudstackState: string;
  readonly linuxState: string;
  readonly linuxReason: string | null;
}

export interface MappingFacts {
  readonly sourceNetworkName: string;
  readonly destinationNetworkId: string;
  readonly destinationNetworkName: string;
  readonly isTestNetwork: boolean;
}

export interface NetworkUse {
  readonly destinationNetworkId: string;
  readonly isTest: boolean;
  /** How many VMs, and one of them by name. */
  readonly vms: number;
  readonly vmName: string;
}

export interface ActiveJob {
  readonly jobId: string;
  /** replicate, failover, rollback, ... */
  readonly operation: string;
  readonly status: string;
}

export interface TargetFacts {
  readonly configId: number;
  readonly name: string;
  readonly zone: string | null;
  readonly templateId: string | null;
  readonly serviceOfferingId: string | null;
  readonly omaVmId: string | null;
}

export interface FoundVolume {
  readonly volumeId: string;
  readonly name: string;
  readonly kind: string;
  readonly text: string;
}

/** What CloudStack shows of the zone that the VM goes to. */
export interface CloudFacts {
  readonly networks: readonly CloudNetworkFacts[];
  readonly serviceOfferings: readonly CloudOfferingFacts[];
  readonly templates: readonly { readonly id: string; readonly name: string; readonly ready: boolean }[];
}

export interface CloudNetworkFacts {
  readonly id: string;
  readonly name: string;
  /** Isolated, Shared or L2. */
  readonly type: string | undefined;
  readonly state: string | undefined;
  readonly gateway: string | undefined;
  readonly cidr: string | undefined;
  readonly vlan: string | undefined;
  /** The VPC that it is a tier of. */
  readonly vpcId: string | undefined;
}

export interface CloudOfferingFacts {
  readonly id: string;
  readonly name: string;
  /** Takes the processors and the memory that it is given. */
  readonly customized: boolean;
  readonly cpuNumber: number | undefined;
  readonly memoryMiB: number | undefined;
}

/** All that a readiness is judged by. */
export interface ReadinessFacts extends StoredFacts {
  /** Why it is not known, where CloudStack was not asked or did not answer. */
  readonly cloud: CloudFacts | { readonly unknownBecause: string };
}

export const isTold = (cloud: ReadinessFacts['cloud']): cloud is CloudFacts => !('unknownBecause' in cloud);

/** The disks of the last committed point; where no commit is on record, all that are known. */
export function disksOfPoint({ vm, disks }: StoredFacts): readonly DiskFacts[] {
  return vm.commitJobId === null ? disks : disks.filter((disk) => disk.commitJobId === vm.commitJobId);
}

const IN_USE: ReadonlySet<ContextStatus> = new Set(['failed_over_test', 'failed_over_live', 'completed']);

const USERS: ReadonlySet<string> = new Set(['failover', 'rollback', 'commit-failover']);

/** A failover has its volumes, or is about to, or gives them back: what they hold, and where they are, is its doing. */
export const isInUse = ({ vm, activeJobs }: Pick<StoredFacts, 'vm' | 'activeJobs'>): boolean =>
  IN_USE.has(vm.status) || activeJobs.some(({ operation }) => USERS.has(operation));

/** Its volume holds, everywhere, what was committed. */
export function isUsable(disk: DiskFacts): boolean {
  const isCommitted = disk.committedGeneration !== null && disk.committedGeneration === disk.targetGeneration;
  return disk.volume !== null && isCommitted && !disk.isDirty;
}

/** How old the committed point is: what would be lost if the source were gone now. Null where there is none. */
export function pointAgeSeconds({ now, vm }: StoredFacts): number | null {
  if (vm.committedPointAt === null) return null;
  return Math.max(0, Math.round((now.getTime() - vm.committedPointAt.getTime()) / 1000));
}
