import { z } from 'zod';
import { VcenterAccess } from './contract.ts';

/**
 * The wire of the VMA's janitor: it tells which snapshots there are, and removes those that the OMA names, which are ours.
 * Times are ISO 8601, sizes bytes.
 */

/** POST /snapshots/find */
export const FindSnapshots = VcenterAccess.extend({
  /** Snapshots of other installations count as those of others. */
  installation_id: z.string().min(1).max(40),
});
export type FindSnapshots = z.output<typeof FindSnapshots>;

/** A removal that this VMA was asked for. One of a VMA that was started anew meanwhile goes on at vCenter, unseen. */
export const SnapshotRemovalState = z.object({
  state: z.enum(['removing', 'failed']),
  started_at: z.string(),
  /** What vCenter tells of its task, 0 to 100; it may tell nothing. */
  progress_percent: z.int().nullable(),
  error: z.object({ code: z.string(), text: z.string(), hint: z.string().nullable() }).nullable(),
});
export type SnapshotRemovalState = z.output<typeof SnapshotRemovalState>;

/** Its name and the first line of its description both say that this installation made it. */
export const OwnSnapshot = z.object({
  vm: z.string(),
  vm_ref: z.string(),
  instance_uuid: z.string().nullable(),
  snapshot_ref: z.string(),
  name: z.string(),
  /** migratekit/{installation_id}/{job_id}/{epoch} */
  tag: z.string(),
  job_id: z.string(),
  epoch: z.int(),
  created_at: z.string(),
  /** A session of this VMA uses it. */
  is_held: z.boolean(),
  /** Null when this VMA was not asked to remove it since it started. */
  removal: SnapshotRemovalState.nullable(),
  datastore_refs: z.array(z.string()),
});
export type OwnSnapshot = z.output<typeof OwnSnapshot>;

export const DatastoreSpace = z.object({
  ref: z.string(),
  name: z.string(),
  capacity_bytes: z.int(),
  free_bytes: z.int(),
  is_accessible: z.boolean(),
});
export type DatastoreSpace = z.output<typeof DatastoreSpace>;

export const FoundSnapshots = z.object({
  vcenter_uuid: z.string(),
  snapshots: z.array(OwnSnapshot),
  /** Those of people, other programs and other installations: counted, never touched. */
  others: z.object({ count: z.int(), oldest_created_at: z.string().nullable() }),
  consolidation_needed: z.array(z.object({ vm: z.string(), vm_ref: z.string() })),
  /** All that hold a disk of a VM with a snapshot of ours. */
  datastores: z.array(DatastoreSpace),
});
export type FoundSnapshots = z.output<typeof FoundSnapshots>;

/** POST /snapshots/remove; answered with 202 as soon as it is under way. */
export const RemoveSnapshot = VcenterAccess.extend({
  vm_ref: z.string().min(1).max(64),
  snapshot_ref: z.string().min(1).max(64),
  /** As found. */
  tag: z.string().min(1).max(200),
});
export type RemoveSnapshot = z.output<typeof RemoveSnapshot>;

export const RemovalStarted = z.object({
  snapshot_ref: z.string(),
  /** gone: there was nothing to do. */
  state: z.enum(['removing', 'gone']),
});
export type RemovalStarted = z.output<typeof RemovalStarted>;
