import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { notFound } from '../../base/errors.ts';
import { parseRequest } from '../../http/server.ts';
import { findExport, listExports } from '../../db/stores/nbd-export-store.ts';
import { CloseExport, OpenExport } from '../contract.ts';
import type { VolumeExports } from '../exports.ts';
import { presentExport } from '../present.ts';
import { LIMIT, VolumePath } from './parameters.ts';

const ExportQuery = z.object({
  volume_id: z.string().optional(),
  status: z.enum(['pending', 'active', 'failed']).optional(),
  limit: LIMIT,
});

/** /exports: which job may write to which volume, and the two verbs of the fence. */
export function exportRoutes({ db, exports }: { db: Knex; exports: VolumeExports }): Router {
  const router = Router();

  router.post('/exports/:volume_id/open', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, epoch } = parseRequest(OpenExport, req.body);
    res.json(await exports.open(volume_id, { jobId: job_id, epoch }));
  });

  router.post('/exports/:volume_id/close', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const { job_id, epoch } = parseRequest(CloseExport, req.body);
    res.json({ volume_id, closed: await exports.close(volume_id, { jobId: job_id, epoch }) });
  });

  router.get('/exports', async (req, res) => {
    const query = parseRequest(ExportQuery, req.query);
    const rows = await listExports(db, { volumeId: query.volume_id, status: query.status, limit: query.limit });
    res.json({ exports: rows.map(presentExport), count: rows.length });
  });

  router.get('/exports/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const row = await findExport(db, volume_id);
    if (row === undefined) throw notFound('export.unknown', `volume ${volume_id} has no export`);
    res.json(presentExport(row));
  });

  // For people; refused while a running job writes there.
  router.delete('/exports/:volume_id', async (req, res) => {
    const { volume_id } = parseRequest(VolumePath, req.params);
    const closed = await exports.exclusively(volume_id, () => exports.drop(volume_id, undefined));
    res.json({ volume_id, closed });
  });

  return router;
}
