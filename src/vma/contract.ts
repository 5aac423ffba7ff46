import { z } from 'zod';

/**
 * The wire of the VMA's source sessions: what its routes validate and what its client sends and checks.
 * Base /api/v1, bearer token. Field names as in the contract documents: snake_case.
 */

export const SourceKind = z.enum(['folder', 'vsphere']);

export const CreateSession = z.object({
  job_id: z.string().min(1).max(64),
  epoch: z.int().min(1),
  kind: SourceKind,
  /** folder: name of the VM's folder below the configured root. vsphere: inventory path. */
  vm: z.string().min(1).max(500),
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

export const ExportUris = z.object({ unix: z.string().optional(), tcp: z.string().optional() });
export type ExportUris = z.output<typeof ExportUris>;

export const SessionDisk = z.object({
  disk_id: z.string(),
  capacity_bytes: z.int().positive(),
  /** changeId of this disk in this snapshot: what to store once the disk is flushed on the target. */
  change_id: z.string(),
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
});
export type SessionDisk = z.output<typeof SessionDisk>;

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

/** GET /source-sessions/{session_id}/disks/{disk_id}/areas?cursor=N: one page. */
export const AreaPage = z.object({
  /** The page speaks of [from, to), in bytes, and of nothing else; an empty page is an answer. */
  from: z.int().min(0),
  to: z.int().min(0),
  areas: z.array(z.object({ offset: z.int().min(0), length: z.int().positive() })),
  /** Ask again with this; null only when `to` is the capacity. */
  next_cursor: z.string().nullable(),
});
export type AreaPage = z.output<typeof AreaPage>;
