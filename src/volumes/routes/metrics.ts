import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { operationFigures, volumeFigures } from '../../db/stores/volume-metric-store.ts';
import { parseRequest } from '../../http/server.ts';
import type { Volumes } from '../context.ts';
import { presentFigures, prometheusText, type Figures } from '../metrics.ts';

const MetricQuery = z.object({ format: z.enum(['json', 'prometheus']).default('json') });

/** /metrics: how much there was to do, and how it went. */
export function metricRoutes({ db, volumes }: { db: Knex; volumes: Pick<Volumes, 'devices'> }): Router {
  const router = Router();
  router.get('/metrics', async (req, res) => {
    const { format } = parseRequest(MetricQuery, req.query);
    const figures: Figures = {
      operations: await operationFigures(db),
      volumes: await volumeFigures(db),
      deviceTroubles: volumes.devices.last()?.troubles.length ?? 0,
    };
    if (format === 'prometheus') res.type('text/plain; version=0.0.4').send(prometheusText(figures));
    else res.json(presentFigures(figures));
  });
  return router;
}
