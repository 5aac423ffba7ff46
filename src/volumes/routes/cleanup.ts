import { Router } from 'express';
import type { Knex } from 'knex';
import { z } from 'zod';
import { parseRequest } from '../../http/server.ts';
import type { Ledger } from '../../queues/ledger.ts';
import { acceptOperation } from '../accept-operation.ts';
import { CloudId } from './parameters.ts';

const CleanUp = z.object({
  test_vm_id: CloudId,
  volume_id: z.uuid(),
  oma_vm_id: CloudId,
  delete_vm: z.boolean().default(false),
  force_clean: z.boolean().default(false),
});

/** /cleanup: gives the volumes of a test failover back to the appliance. */
export function cleanupRoutes(parts: { readonly db: Knex; readonly ledger: Ledger }): Router {
  const router = Router();
  router.post('/cleanup/test-failover', async (req, res) => {
    const body = parseRequest(CleanUp, req.body);
    await acceptOperation(parts, res, {
      action: 'cleanup',
      testVmId: body.test_vm_id,
      volumeIds: [body.volume_id],
      omaVmId: body.oma_vm_id,
      deleteVm: body.delete_vm,
      force: body.force_clean,
    });
  });
  return router;
}
