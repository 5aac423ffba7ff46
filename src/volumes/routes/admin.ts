import { Router } from 'express';
import type { Knex } from 'knex';
import { MINUTE } from '../../base/units.ts';
import type { OpenCloud } from '../cloud.ts';
import type { Volumes } from '../context.ts';
import { presentRound } from '../present-device.ts';
import { reconcileVolumes } from '../reconcile.ts';

/** A cloud that takes longer is looked at by the next round of the maintenance job. */
const SYNC_DEADLINE_MS = 1 * MINUTE;

/** /admin/force-sync: looks at all devices and at all volumes of the clouds now, and tells what it found. */
export function adminRoutes(parts: { db: Knex; volumes: Pick<Volumes, 'devices'>; openCloud: OpenCloud }): Router {
  const { db, volumes, openCloud } = parts;
  const router = Router();
  router.post('/admin/force-sync', async (_req, res) => {
    // First the devices: what is wrong with them is among the findings.
    const round = await volumes.devices.check();
    const found = await reconcileVolumes({ db, openCloud, signal: AbortSignal.timeout(SYNC_DEADLINE_MS) });
    res.json({
      devices: presentRound(round),
      clouds: found.clouds,
      clouds_away: found.away,
      volumes: found.volumes,
      findings: found.findings.map(({ volumeId, kind, name, text }) => ({ volume_id: volumeId, kind, name, text })),
    });
  });
  return router;
}
