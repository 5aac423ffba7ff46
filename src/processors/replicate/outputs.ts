import { z } from 'zod';
import { DiskVerification } from '../../queues/jobs/replicate.ts';

/** What the steps of a replication hand to later ones: kept in the ledger, read again by a later attempt. */

export const Prepared = z.object({
  source: z.object({ kind: z.enum(['folder', 'vsphere']), vm: z.string() }),
  vmName: z.string(),
  zoneId: z.string(),
  diskOfferingId: z.string(),
  disks: z.array(z.object({ vmDiskId: z.int(), diskId: z.string(), capacityBytes: z.int().positive() })).min(1),
});
export type Prepared = z.output<typeof Prepared>;

/** Volume of each disk, in the order of Prepared.disks. */
export const Volumes = z.array(z.object({ vmDiskId: z.int(), diskId: z.string(), volumeId: z.string() }));
export type Volumes = z.output<typeof Volumes>;

export const Opened = z.object({ sessionId: z.string(), snapshot: z.string() });

export const CopiedDisk = z.object({
  vmDiskId: z.int(),
  diskId: z.string(),
  /** Of vSphere; null for another kind of source. */
  deviceKey: z.int().nullable(),
  capacityBytes: z.int(),
  mode: z.enum(['full', 'incremental']),
  fullReason: z.string().nullable(),
  doubt: z.string().nullable(),
  generation: z.int(),
  changeId: z.string().nullable(),
  previousChangeId: z.string().nullable(),
  bytesTransferred: z.int(),
  resumedBytes: z.int(),
  areas: z.int(),
  seconds: z.number(),
  verify: DiskVerification.optional(),
  /** Where it landed; see CycleLanding. */
  overlayId: z.string().nullable().default(null),
  inPlaceReason: z.string().nullable().default(null),
});
export type CopiedDisk = z.output<typeof CopiedDisk>;

/** What the next cycle judges by; see VmCommit of the domain. */
const DiskCommit = z.object({
  key: z.int(),
  backingUuid: z.string().nullable(),
  objectId: z.string().nullable(),
  commitId: z.string(),
  fileName: z.string(),
  capacityBytes: z.int(),
  changeId: z.string().nullable(),
  generation: z.int(),
});

const VmCommit = z.object({
  vcenterUuid: z.string(),
  instanceUuid: z.string(),
  commitId: z.string(),
  snapshotId: z.string(),
  otherSnapshotIds: z.array(z.string()),
  disks: z.array(DiskCommit),
});

export const Transferred = z.object({
  sessionId: z.string(),
  snapshot: z.string(),
  snapshotAt: z.iso.datetime({ offset: true }),
  disks: z.array(CopiedDisk).min(1),
  /** Null for a source that is not of vSphere. */
  vm: VmCommit.nullable(),
});
export type Transferred = z.output<typeof Transferred>;
