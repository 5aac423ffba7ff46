import { recountContext } from '../../db/stores/deletion-rows.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Deletion } from './context.ts';

/** What remains decides what the VM is now. The end of the job does the same once more, however it ends. */
export const updateVmContext: StepWork<Deletion> = {
  async run({ context: { run } }) {
    await run.fenced((trx) => recountContext(trx, run.payload.contextId, true));
  },
};
