import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { notFound } from '../../base/errors.ts';
import { parseRequest } from '../../http/server.ts';
import { findOperation, listOperations, OPERATION_TYPES } from '../../db/stores/volume-operation-store.ts';
import { presentOperation } from '../present.ts';
import { LIMIT } from './parameters.ts';

const OperationQuery = z.object({
  type: z.enum(OPERATION_TYPES).optional(),
  status: z.enum(['pending', 'executing', 'completed', 'failed', 'cancelled']).optional(),
  volume_id: z.string().optional(),
  vm_id: z.string().optional(),
  since: z.coerce.date().optional(),
  until: z.coerce.date().optional(),
  limit: LIMIT,
});

/** /operations: the jobs of queue attach-volume as the volume daemon shows them. */
export function operationRoutes({ db }: { db: Knex }): Router {
  const router = Router();

  router.get('/operations', async (req, res) => {
    const { volume_id, vm_id, ...query } = parseRequest(OperationQuery, req.query);
    const operations = await listOperations(db, { ...query, volumeId: volume_id, vmId: vm_id });
    res.json({ operations: operations.map(presentOperation), count: operations.length });
  });

  router.get('/operations/:id', async (req, res) => {
    const operation = await findOperation(db, req.params.id);
    if (operation === undefined) throw notFound('operation.unknown', `there is no operation ${req.params.id}`);
    res.json(presentOperation(operation));
  });

  return router;
}
