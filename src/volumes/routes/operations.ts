import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { notFound, type AppError } from '../../base/errors.ts';
import { newestFirst } from '../../http/cursor.ts';
import { parseRequest } from '../../http/server.ts';
import {
  findOperation,
  listOperations,
  operationHistory,
  OPERATION_TYPES,
} from '../../db/stores/volume-operation-store.ts';
import { presentChange, presentOperation } from '../present.ts';
import { LIMIT } from './parameters.ts';

/** zod's own words for a bad one are about types of JavaScript. */
const Time = z.coerce.date({ error: 'must be a time, as in 2026-01-31T12:00:00Z' });

const OperationQuery = z.object({
  type: z.enum(OPERATION_TYPES).optional(),
  status: z.enum(['pending', 'executing', 'completed', 'failed', 'cancelled']).optional(),
  volume_id: z.string().optional(),
  vm_id: z.string().optional(),
  since: Time.optional(),
  until: Time.optional(),
  limit: LIMIT,
  cursor: z.string().max(500).optional(),
});

/** /operations: the jobs of queue attach-volume as the volume daemon shows them. */
export function operationRoutes({ db }: { db: Knex }): Router {
  const router = Router();

  router.get('/operations', async (req, res) => {
    const { volume_id: volumeId, vm_id: vmId, cursor, ...query } = parseRequest(OperationQuery, req.query);
    const paging = newestFirst(query.limit, cursor);
    const { operations, count } = await listOperations(db, { ...query, volumeId, vmId, after: paging.after });
    res.json({ operations: operations.map(presentOperation), count, next_cursor: paging.next(operations) });
  });

  router.get('/operations/:id', async (req, res) => {
    const operation = await findOperation(db, req.params.id);
    if (operation === undefined) throw operationUnknown(req.params.id);
    const history = await operationHistory(db, operation.id);
    res.json({ ...presentOperation(operation), history: history.map(presentChange) });
  });

  return router;
}

const operationUnknown = (id: string): AppError =>
  notFound('operation.unknown', `there is no operation ${id}`, {
    details: { id },
    hint: 'GET /api/v1/operations lists them',
  });
