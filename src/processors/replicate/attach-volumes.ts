import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Prepared, Volumes } from './outputs.ts';
import { volumeChildren } from './volume-children.ts';

/**
 * Every volume attached to the OMA with a device that was found by its serial. Asked anew in each cycle: the daemon
 * looks first, and a device name of yesterday may be another disk today.
 */
export const attachVolumes: StepWork<Replication> = {
  async run({ context: { run }, outputs }) {
    const plan = outputs.get('prepare', Prepared);
    const volumes = outputs.get('create-volumes', Volumes);
    await run.fenced((trx) =>
      writeSetupProgress(trx, run.jobId, { percent: 60, operation: 'Attaching volumes: waits for the volume daemon' }),
    );
    const results = await volumeChildren(
      run,
      volumes.map((volume) => ({
        key: `attach ${volume.diskId}`,
        action: { action: 'attach', volumeId: volume.volumeId, vmId: plan.omaVmId },
      })),
    );
    await run.fenced((trx) => writeSetupProgress(trx, run.jobId, { percent: 80, operation: 'Volumes attached' }));
    return results.map((result) => ({ volumeId: result.volumeId, devicePath: result.devicePath }));
  },
};
