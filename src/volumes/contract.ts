import { z } from 'zod';
import { HashQuery } from '../hashes/contract.ts';

/** The wire between workers and the volume daemon where it is not a job: opening and closing the export of a target. */

/** POST /api/v1/exports/{volume_id}/open */
export const OpenExport = z.object({
  job_id: z.string().min(1).max(64),
  epoch: z.int().min(1),
  /** Absent: the cycle is to be written to the volume itself. */
  overlay: z
    .object({
      /** What is copied onto what; under the same key the same job goes on in the same overlay. */
      key: z.string().min(1).max(500),
      /** What will be written, in whole clusters. */
      bytes: z.int().min(0),
      /** Overlay in which there was no space left: it is not to be used again. */
      spent: z.string().max(64).optional(),
    })
    .optional(),
});
export type WantedOverlay = NonNullable<z.output<typeof OpenExport>['overlay']>;

/** Unit in which an overlay takes space: that of the changes which vSphere tracks. */
export const OVERLAY_CLUSTER_BYTES = 65_536;

export const OpenedExport = z.object({
  volume_id: z.string(),
  /** Name on the wire: migration-vol-{uuid}.{epoch}.{nonce}. */
  export_name: z.string(),
  size_bytes: z.int().positive(),
  device_path: z.string(),
  /** NBD URIs with the export's name; one of them is present. */
  uris: z.object({ unix: z.string().optional(), tcp: z.string().optional() }),
  /** What is written lands there; null: in the volume. */
  overlay: z.object({ id: z.string(), resumed: z.boolean() }).nullable().default(null),
  /** Why there is no overlay although one was asked for. */
  in_place_reason: z.string().nullable().default(null),
});
export type OpenedExport = z.output<typeof OpenedExport>;

/** GET /api/v1/exports/{volume_id}/hashes: of the export that this epoch of the job has open. */
export const ExportHashQuery = HashQuery.extend({ job_id: z.string().min(1).max(64) });

/** POST /api/v1/exports/{volume_id}/close: deletes the export if this epoch (or an older one) opened it. */
export const CloseExport = OpenExport.pick({ job_id: true, epoch: true });
export const ClosedExport = z.object({ volume_id: z.string(), closed: z.boolean() });

/** POST /api/v1/exports/{volume_id}/merge: starts it, or waits for a moment for the one that runs. */
export const MergeOverlay = CloseExport;
export const MergedOverlay = z.object({
  volume_id: z.string(),
  state: z.enum(['merging', 'merged']),
  percent: z.int().min(0).max(100),
});
export type MergedOverlay = z.output<typeof MergedOverlay>;
