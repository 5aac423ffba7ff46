import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { conflict, notFound, type AppError } from '../../base/errors.ts';
import { volumeLog } from '../../base/logger.ts';
import { HashSlots } from '../../hashes/hash-slots.ts';
import { hashLines } from '../../hashes/hash-lines.ts';
import { sendLines } from '../../http/send-lines.ts';
import { parseRequest } from '../../http/server.ts';
import { findExport, listExports } from '../../db/stores/nbd-export-store.ts';
import { findVolumeRow } from '../../db/stores/volume-store.ts';
import { CloseExport, ExportHashQuery, MergeOverlay, OpenExport, type OpenedExport } from '../contract.ts';
import type { VolumeExports } from '../exports.ts';
import { volumeUnknown } from '../volume-unknown.ts';
import { presentExport } from '../present.ts';
import { LIMIT, VolumePath } from './parameters.ts';

const ExportQuery = z.object({
  volume_id: z.string().optional(),
  vm_name: z.string().optional(),
  status: z.enum(['pending', 'active', 'failed']).optional(),
  limit: LIMIT,
});

/** /exports: which job may write to which volume, and the two verbs of the fence. */
export function exportRoutes({ db, exports }: { db: Knex; exports: VolumeExports }): Router {
  const router = Router();

  router.post('/exports/:volume_id/open', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, epoch, overlay } = parseRequest(OpenExport, req.body);
    res.json(await exports.open(volume_id, { jobId: job_id, epoch }, overlay));
  });

  router.post('/exports/:volume_id/merge', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, epoch } = parseRequest(MergeOverlay, req.body);
    res.json(await exports.merge(volume_id, { jobId: job_id, epoch }));
  });

  router.post('/exports/:volume_id/close', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, epoch } = parseRequest(CloseExport, req.body);
    res.json({ volume_id, closed: await exports.close(volume_id, { jobId: job_id, epoch }) });
  });

  const slots = new HashSlots();
  router.get('/exports/:volume_id/hashes', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, ...query } = parseRequest(ExportHashQuery, req.query);
    const look = (): Promise<OpenedExport> => exports.opened(volume_id, { jobId: job_id, epoch: query.epoch });
    const opened = await look();
    using _slot = slots.take();
    const disk = {
      uri: opened.uris.unix ?? opened.uris.tcp ?? '',
      sizeBytes: opened.size_bytes,
      allowed: async () => assertSame(opened, await look()),
    };
    await sendLines(res, { lines: (signal) => hashLines(disk, query, signal), log: volumeLog });
  });

  router.get('/exports', async (req, res) => {
    const query = parseRequest(ExportQuery, req.query);
    const { volume_id: volumeId, vm_name: vmName, status, limit } = query;
    const rows = await listExports(db, { volumeId, vmName, status, limit });
    res.json({ exports: rows.map(presentExport), count: rows.length });
  });

  router.get('/exports/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const row = await findExport(db, volume_id);
    if (row === undefined) throw exportUnknown(volume_id);
    res.json(presentExport(row));
  });

  // For people; refused while a running job writes there.
  router.delete('/exports/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const closed = await exports.exclusively(volume_id, () => exports.drop(volume_id, undefined));
    // Again is as good as once; of a volume that nobody knows it would hide a wrong id.
    if (!closed && (await findVolumeRow(db, volume_id)) === undefined) throw volumeUnknown(volume_id);
    res.json({ volume_id, closed });
  });

  return router;
}

/** The job may have opened the volume anew meanwhile, and written to it through that. */
function assertSame(before: OpenedExport, now: OpenedExport): void {
  if (now.export_name === before.export_name) return;
  throw conflict('export.not-open', `volume ${before.volume_id} was opened anew while it was being hashed`, {
    details: { volumeId: before.volume_id, export: before.export_name },
    hint: 'hash it again through the export that is open now',
  });
}

const exportUnknown = (volumeId: string): AppError =>
  notFound('export.unknown', `volume ${volumeId} has no export`, {
    details: { volumeId },
    hint: 'GET /api/v1/exports lists them; POST /api/v1/exports makes one of a volume that is attached here',
  });
