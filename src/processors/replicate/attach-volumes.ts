import { AppError } from '../../base/errors.ts';
import { writeSetupProgress } from '../../db/stores/transfer-progress-store.ts';
import type { VolumeResult } from '../../queues/jobs/attach-volume.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Prepared, Volumes } from './outputs.ts';
import { ensureSlots, slotsRefused, volumesElsewhere, type Slots } from './slots.ts';
import { volumeChildren } from '../volume-children.ts';

/**
 * Every volume attached to the OMA VM whose slots the job has, with a device that was found by its serial. Asked anew
 * in each cycle: the daemon looks first, and a device name of yesterday may be another disk today.
 */
export const attachVolumes: StepWork<Replication> = {
  async run({ context, outputs }) {
    const { run } = context;
    const { zoneId } = outputs.get('prepare', Prepared);
    const volumes = outputs.get('create-volumes', Volumes);
    // An earlier attempt may have had to give them back.
    const slots = await ensureSlots(context, { zoneId, volumes });
    await run.fenced((trx) =>
      writeSetupProgress(trx, run.jobId, { percent: 60, operation: 'Attaching volumes: waits for the volume daemon' }),
    );
    const results = await attachAll(context, slots, volumes).catch(async (error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'volume.no-slot') throw error;
      throw await slotsRefused(context, slots, error);
    });
    await run.fenced((trx) => writeSetupProgress(trx, run.jobId, { percent: 80, operation: 'Volumes attached' }));
    return results.map((result) => ({ volumeId: result.volumeId, devicePath: result.devicePath }));
  },
};

/** Those at another OMA VM leave it first: only the daemon there can end an export of an earlier cycle. */
async function attachAll(context: Replication, slots: Slots, volumes: Volumes): Promise<VolumeResult[]> {
  const { run } = context;
  // A child is made once per key: other slots need other children.
  const again = slots.grants > 1 ? ` ${slots.grants}` : '';
  const elsewhere = await volumesElsewhere(context, slots, volumes);
  await volumeChildren(
    run,
    elsewhere.map(({ diskId, volumeId }) => ({
      key: `leave ${diskId}${again}`,
      action: { action: 'detach', volumeId },
    })),
  );
  return volumeChildren(
    run,
    volumes.map(({ diskId, volumeId }) => ({
      key: `attach ${diskId}${again}`,
      action: { action: 'attach', volumeId, vmId: slots.vm.vmId },
    })),
  );
}
