import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Prepared, Volumes } from './outputs.ts';
import { ensureSlots } from './slots.ts';

/**
 * A place at one OMA VM for each volume, all of them or none. They belong to the job until it ends, however that is, so
 * there is nothing to undo.
 */
export const reserveSlots: StepWork<Replication> = {
  async run({ context, outputs }) {
    const { zoneId } = outputs.get('prepare', Prepared);
    const volumes = outputs.get('create-volumes', Volumes);
    const { vm } = await ensureSlots(context, { zoneId, volumes });
    await context.run.fenced((trx) =>
      writeSetupProgress(trx, context.run.jobId, { percent: 60, operation: `Has attach slots of ${vm.name}` }),
    );
    return { omaVm: vm.name, omaVmId: vm.vmId };
  },
};
