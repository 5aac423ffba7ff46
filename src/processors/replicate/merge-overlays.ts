import { sleep } from '../../base/clock.ts';
import { describeError, toAppError } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import type { Replication } from './context.ts';
import { Transferred, Volumes } from './outputs.ts';

/** Storage that moves nothing for so long, or a volume daemon that is away: it goes on without us. */
const PATIENCE_MS = 5 * MINUTE;
const AWAY_TRIES = 5;
const AGAIN_MS = SECOND;

/** Volumes above which this job has committed something. */
export function landedBeside({ outputs }: Pick<StepScope<Replication>, 'outputs'>): string[] {
  const { disks } = outputs.get('transfer', Transferred);
  const volumes = outputs.get('create-volumes', Volumes);
  return disks.flatMap(({ vmDiskId, overlayId }) => {
    const volume = volumes.find((each) => each.vmDiskId === vmDiskId);
    return overlayId === null || volume === undefined ? [] : [volume.volumeId];
  });
}

/**
 * Has the committed overlays written into their volumes. The commit stands whatever happens here: what cannot be done
 * now is left to the volume daemon, which does it by itself as soon as the job has ended.
 */
export const mergeOverlays: StepWork<Replication> = {
  async run(scope) {
    const all = landedBeside(scope);
    const merged = await Promise.all(all.map((volumeId) => mergeOne(scope, volumeId)));
    return { merged: merged.filter(Boolean).length, left: all.filter((_, index) => merged[index] !== true) };
  },
};

async function mergeOne(
  { context: { run, deps }, signal, log }: StepScope<Replication>,
  volumeId: string,
): Promise<boolean> {
  let [percent, movedAt, failures] = [-1, performance.now(), 0];
  while (performance.now() - movedAt < PATIENCE_MS) {
    try {
      const answer = await deps.volumes.mergeOverlay({ volumeId, jobId: run.jobId, epoch: run.epoch, signal });
      if (answer.state === 'merged') return true;
      failures = 0;
      if (answer.percent !== percent) {
        [percent, movedAt] = [answer.percent, performance.now()];
        log.info({ volumeId, percent }, 'overlay is being merged');
      }
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAppError(thrown);
      failures += 1;
      if (error.retry === 'never' || failures >= AWAY_TRIES) {
        log.warn({ volumeId, error: describeError(error) }, 'overlay left to the volume daemon');
        return false;
      }
    }
    await sleep(AGAIN_MS, signal);
  }
  log.warn({ volumeId, percent }, 'overlay left to the volume daemon: merging it does not move');
  return false;
}
