import { z } from 'zod';
import { HashQuery } from '../hashes/contract.ts';

/** The wire between workers and the volume daemon where it is not a job: opening and closing the export of a target. */

/** POST /api/v1/exports/{volume_id}/open */
export const OpenExport = z.object({ job_id: z.string().min(1).max(64), epoch: z.int().min(1) });

export const OpenedExport = z.object({
  volume_id: z.string(),
  /** Name on the wire: migration-vol-{uuid}.{epoch}.{nonce}. */
  export_name: z.string(),
  size_bytes: z.int().positive(),
  device_path: z.string(),
  /** NBD URIs with the export's name; one of them is present. */
  uris: z.object({ unix: z.string().optional(), tcp: z.string().optional() }),
});
export type OpenedExport = z.output<typeof OpenedExport>;

/** GET /api/v1/exports/{volume_id}/hashes: of the export that this epoch of the job has open. */
export const ExportHashQuery = HashQuery.extend({ job_id: z.string().min(1).max(64) });

/** POST /api/v1/exports/{volume_id}/close: deletes the export if this epoch (or an older one) opened it. */
export const CloseExport = OpenExport;
export const ClosedExport = z.object({ volume_id: z.string(), closed: z.boolean() });
