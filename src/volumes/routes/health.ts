import { Router } from 'express';
import type { Knex } from 'knex';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Volumes } from '../context.ts';

/** /health: what the daemon needs, each part looked at now. 503 when one of them fails. Needs no token. */
export function healthRoutes(parts: { db: Knex; volumes: Volumes; deviceDir: string }): Router {
  const router = Router();
  router.get('/health', async (_req, res) => {
    const exports = parts.volumes.serves() ? 'healthy' : 'unhealthy';
    const [database, devices] = await Promise.all([
      word(async () => void (await parts.db.raw('select 1'))),
      word(() => access(parts.deviceDir, constants.R_OK)),
    ]);
    const healthy = database === 'healthy' && exports === 'healthy' && devices === 'healthy';
    res.status(healthy ? 200 : 503).json({
      status: healthy ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      // Asked for by each job under its own deadline; a slow cloud must not make this daemon look dead.
      cloudstack_health: 'not checked',
      database_health: database,
      device_monitor: devices,
      details: { nbd_exports: exports, device_dir: parts.deviceDir },
    });
  });
  return router;
}

async function word(check: () => Promise<void>): Promise<'healthy' | 'unhealthy'> {
  try {
    await check();
    return 'healthy';
  } catch {
    return 'unhealthy';
  }
}
