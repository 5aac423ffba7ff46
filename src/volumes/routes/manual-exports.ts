import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { parseRequest } from '../../http/server.ts';
import type { Volumes } from '../context.ts';
import { agedExports, orphanedExports, removeOrphans, type Orphan, type Removal } from '../orphaned-exports.ts';
import { presentExport } from '../present.ts';
import { validateExports } from '../validate-exports.ts';

const NewExport = z.object({
  volume_id: z.uuid(),
  vm_name: z.string().max(255).nullish(),
  vm_id: z.string().max(191).nullish(),
  disk_number: z.int().min(0).nullish(),
  device_path: z.string().min(1).max(191).optional(),
  /** Only whoever means to write says so. */
  read_only: z.boolean().default(true),
  metadata: z.record(z.string(), z.unknown()).default({}),
});
const Cleanup = z.object({ dry_run: z.boolean().default(true) }).default({ dry_run: true });
const AgeCleanup = z.object({
  max_age_hours: z.number().min(0).max(1_000_000),
  dry_run: z.boolean().default(true),
});

/** /exports as people use them: opened by hand, compared with what is served, and cleaned up. */
export function manualExportRoutes({
  db,
  volumes,
}: {
  db: Knex;
  volumes: Pick<Volumes, 'exports' | 'ownVmId'>;
}): Router {
  const router = Router();
  const { exports, ownVmId: own } = volumes;

  router.post('/exports', async (req, res) => {
    const body = parseRequest(NewExport, req.body);
    const row = await exports.openByHand({
      volumeId: body.volume_id,
      devicePath: body.device_path,
      readOnly: body.read_only,
      vmName: body.vm_name ?? null,
      vmId: body.vm_id ?? null,
      diskNumber: body.disk_number ?? null,
      metadata: body.metadata,
    });
    res.status(201).location(`/api/v1/exports/${row.volumeId}`).json(presentExport(row));
  });

  router.post('/exports/validate', async (_req, res) => {
    const { checked, issues } = await validateExports(db, { vmId: await own(), served: await exports.served() });
    const shown = issues.map(({ volumeId, code, text }) => ({ volume_id: volumeId, code, text }));
    res.json({ ok: issues.length === 0, checked, issues: shown });
  });

  router.get('/exports/orphaned/count', async (_req, res) => {
    res.json({ count: (await orphanedExports(db, await own())).length });
  });

  const clean = async (orphans: readonly Orphan[], dryRun: boolean): Promise<object> => {
    const removals: Removal[] = dryRun
      ? orphans.map((orphan) => ({ ...orphan, removed: false, error: null }))
      : await removeOrphans(exports, orphans);
    return { dry_run: dryRun, count: removals.length, exports: removals.map(presentRemoval) };
  };

  router.post('/exports/cleanup', async (req, res) => {
    const { dry_run } = parseRequest(Cleanup, req.body);
    res.json(await clean(await orphanedExports(db, await own()), dry_run));
  });

  router.post('/exports/cleanup/age', async (req, res) => {
    const { max_age_hours, dry_run } = parseRequest(AgeCleanup, req.body);
    res.json(await clean(await agedExports(db, await own(), max_age_hours), dry_run));
  });

  return router;
}

const presentRemoval = ({ volumeId, exportName, reasons, removed, error }: Removal): object => ({
  volume_id: volumeId,
  export_name: exportName,
  reasons,
  removed,
  error,
});
