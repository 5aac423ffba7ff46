import { z } from 'zod';

/**
 * The wire of the VMA's source sessions: what its routes validate and what its client sends and checks.
 * Base /api/v1, bearer token. Field names as in the contract documents: snake_case.
 */

export const SourceKind = z.enum(['folder', 'vsphere']);

/** Who may log in where, and how that vCenter proves who it is; without both proofs, by the system's authorities. */
export const VcenterAccess = z.object({
  /** Host name, or https://host[:port]. */
  vcenter: z.string().min(1).max(255),
  username: z.string().min(1).max(255),
  password: z.string().min(1).max(1024),
  /** SHA-1 or SHA-256 of its certificate. VDDK wants SHA-1 and is given that of the pinned certificate. */
  thumbprint: z.string().max(120).nullish(),
  /** PEM */
  ca: z.string().max(100_000).nullish(),
});
export type VcenterAccess = z.output<typeof VcenterAccess>;

export const CreateSession = z.object({
  job_id: z.string().min(1).max(64),
  epoch: z.int().min(1),
  kind: SourceKind,
  /** folder: name of the VM's folder below the configured root. vsphere: inventory path. */
  vm: z.string().min(1).max(500),
  /** vsphere: what the VM is known by; the path only finds one whose uuid is not known yet. */
  instance_uuid: z.string().max(64).nullish(),
  /** vsphere: must agree where it is given and the instance uuid is not. */
  bios_uuid: z.string().max(191).nullish(),
  /** vsphere: when the last cycle was committed; reverts since then are looked for. */
  since: z.iso.datetime({ offset: true }).nullish(),
  /** vsphere: needed to make a session, and to adopt one of a VMA that was given none since it started. */
  credentials: VcenterAccess.nullish(),
  /** Who asks: part of the snapshot's tag. */
  installation_id: z.string().min(1).max(40),
  disks: z
    .array(
      z.object({
        disk_id: z.string().min(1).max(191),
        /** changeId of the last committed cycle; absent means: everything. */
        change_id: z.string().min(1).max(191).optional(),
      }),
    )
    .min(1)
    .max(256),
});
export type CreateSession = z.output<typeof CreateSession>;

const ExportUris = z.object({ unix: z.string().optional(), tcp: z.string().optional() });
export type ExportUris = z.output<typeof ExportUris>;

/** What vSphere says of a disk in the snapshot; the guard (src/domain/cbt) judges by it. */
export const DiskFacts = z.object({
  key: z.int(),
  backing_uuid: z.string().nullable(),
  object_id: z.string().nullable(),
  /** `[datastore] folder/name.vmdk` */
  file_name: z.string(),
  backing: z.enum(['flat', 'sparse', 'se-sparse', 'rdm-virtual', 'rdm-physical', 'other']),
  disk_mode: z.string(),
  is_shared: z.boolean(),
  is_in_use_map_whole: z.boolean(),
});
export type DiskFacts = z.output<typeof DiskFacts>;

/** What vSphere says of the VM in the snapshot. */
export const VmFacts = z.object({
  vcenter_uuid: z.string(),
  instance_uuid: z.string(),
  vm_ref: z.string(),
  snapshot_ref: z.string(),
  other_snapshot_ids: z.array(z.string()),
  has_reverted: z.boolean(),
  /** Why the changes up to this snapshot were not tracked; null when they were. */
  tracking_fault: z.object({ code: z.string(), text: z.string() }).nullable(),
  /** false: the guest was not brought to rest, its disks are as after a power cut. */
  is_quiesced: z.boolean(),
  /** Disks of the VM in this snapshot that the session was not asked for. */
  other_disk_ids: z.array(z.string()).default([]),
});
export type VmFacts = z.output<typeof VmFacts>;

export const SessionDisk = z.object({
  disk_id: z.string(),
  capacity_bytes: z.int().positive(),
  /**
   * changeId of this disk in this snapshot: what to store once the disk is flushed on the target. Null where vSphere
   * tracks no changes of it.
   */
  change_id: z.string().nullable(),
  /**
   * Whether `areas` can answer for the change_id that was asked with. incremental: the areas are what changed since.
   * full: they are all areas in use, and everything outside them reads zero.
   */
  mode: z.enum(['full', 'incremental']),
  /** Why full although a change_id was given; null otherwise. */
  full_reason: z.string().nullable(),
  uris: ExportUris,
  export_name: z.string(),
  limits: z.object({ host: z.string(), max_request_bytes: z.int().positive(), max_connections: z.int().positive() }),
  /** Null for kind folder. */
  facts: DiskFacts.nullable().default(null),
});
export type SessionDisk = z.output<typeof SessionDisk>;

/** What may soon end a session, or keep the next one from being made. */
export const SessionAlarm = z.object({ code: z.string(), text: z.string() });
export type SessionAlarm = z.output<typeof SessionAlarm>;

export const SourceSession = z.object({
  session_id: z.string(),
  job_id: z.string(),
  epoch: z.int(),
  kind: SourceKind,
  vm: z.string(),
  /** Name of the snapshot: tag of installation, job and epoch. */
  snapshot: z.string(),
  created_at: z.string(),
  /** Removed by the reaper after this moment unless a heartbeat (PUT) moves it. */
  expires_at: z.string(),
  disks: z.array(SessionDisk),
  /** Null for kind folder. */
  facts: VmFacts.nullable().default(null),
  alarms: z.array(SessionAlarm).default([]),
});
export type SourceSession = z.output<typeof SourceSession>;

/** PUT /source-sessions/{session_id}: heartbeat. A lower epoch than the session's gets 409 `session.stale-epoch`. */
export const Heartbeat = z.object({ epoch: z.int().min(1) });

/**
 * DELETE /source-sessions/{session_id}: ends it. `committed` tells that the OMA has stored the changeIds of this
 * session: only then may the VMA forget what older changeIds need.
 */
export const EndSession = z.object({ epoch: z.int().min(1), committed: z.boolean() });
export type EndSession = z.output<typeof EndSession>;

/** A snapshot of ours that no session uses any more and that is on its way out, for as long as that takes. */
export const SnapshotRemoval = z.object({
  session_id: z.string(),
  job_id: z.string(),
  vm: z.string(),
  snapshot: z.string(),
  /** When its session ended, or when this VMA started after that. */
  released_at: z.string(),
  attempts: z.int(),
  last_error: z.string().nullable(),
});
export type SnapshotRemoval = z.output<typeof SnapshotRemoval>;

/**
 * Which areas of a disk. changes: since the change_id that the session was asked with. in-use: all that is. Without it,
 * what the disk's mode says.
 */
export const AreasOf = z.enum(['changes', 'in-use']);
export type AreasOf = z.output<typeof AreasOf>;

/** GET /source-sessions/{session_id}/disks/{disk_id}/areas?cursor=N&of=changes: one page. */
export const AreaPage = z.object({
  /** The page speaks of [from, to), in bytes, and of nothing else; an empty page is an answer. */
  from: z.int().min(0),
  to: z.int().min(0),
  areas: z.array(z.object({ offset: z.int().min(0), length: z.int().positive() })),
  /** Ask again with this; null only when `to` is the capacity. */
  next_cursor: z.string().nullable(),
});
export type AreaPage = z.output<typeof AreaPage>;
