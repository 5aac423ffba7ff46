import type { z } from 'zod';
import { removeReplication } from '../../db/stores/deletion-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Deletion, Removed } from './context.ts';

/** The rows of the replication go, and its disks to the newest one that remains: one transaction. */
export const databaseCleanup: StepWork<Deletion> = {
  async run({ context: { run } }): Promise<z.output<typeof Removed>> {
    const { replicationJobId: jobId, contextId } = run.payload;
    return run.fenced((trx) => removeReplication(trx, { jobId, contextId }));
  },
};
