import { toAppError } from '../../base/errors.ts';
import type { StepWork } from '../../workflow/define.ts';
import { briefly } from './briefly.ts';
import type { Replication } from './context.ts';
import { copyOneDisk, type DiskTask } from './copy-disk.ts';
import { Prepared, Volumes, type CopiedDisk, type Transferred } from './outputs.ts';
import { keepSession } from './session-heartbeat.ts';
import { ensureSession } from './source-session.ts';
import { trackTransfer } from './transfer-progress.ts';

/**
 * Moves the bytes of all disks, side by side, and flushes them. Everything that belongs to one epoch happens in here,
 * so that another attempt does it again: the session is adopted, the targets are exported anew (which cuts off every
 * older epoch), the checkpoints are read. The step ends only when every disk is flushed and every export is gone.
 */
export const transfer: StepWork<Replication> = {
  async run({ context, outputs, signal, log }): Promise<Transferred> {
    const plan = outputs.get('prepare', Prepared);
    const volumes = outputs.get('create-volumes', Volumes);
    const session = await ensureSession(context, plan);
    const { run, deps } = context;
    const bandwidth = deps.bandwidth.forJob(run.jobId);
    await bandwidth.refresh(deps.db);
    await using heartbeat = keepSession(context, session);
    await using progress = trackTransfer(context, { plan, volumes, session, bandwidth });
    const tasks = volumes.map((volume): Omit<DiskTask, 'signal'> => {
      const { diskId } = volume;
      const rate = bandwidth.forDisk();
      return { volume, session, rate, meter: progress.meter(diskId), log: log.child({ diskId }) };
    });
    const disks = await allOrNone(tasks, {
      signal: AbortSignal.any([signal, heartbeat.lost]),
      copy: (task) => copyOneDisk(context, task),
    });
    for (const { volumeId } of volumes) {
      await deps.volumes.closeExport({ volumeId, jobId: run.jobId, epoch: run.epoch, signal });
    }
    await progress.finish();
    return { sessionId: session.session_id, snapshot: session.snapshot, disks };
  },

  /** A volume daemon that is away need not be waited for: it ends every export whose job has ended by itself. */
  async undo({ context: { run, deps }, outputs, signal, log }) {
    const volumes = outputs.find('create-volumes', Volumes) ?? [];
    const why = await briefly(signal, async (short) => {
      for (const { volumeId } of volumes) {
        await deps.volumes.closeExport({ volumeId, jobId: run.jobId, epoch: run.epoch, signal: short });
      }
    });
    if (why !== undefined) log.warn({ why }, 'exports left to the volume daemon');
  },
};

/**
 * Copies all disks at once. When one fails the others stop too, and the first failure is thrown after all of them have
 * let go of their devices: nothing of this attempt is under way any more when the step ends.
 */
async function allOrNone(
  tasks: readonly Omit<DiskTask, 'signal'>[],
  work: { readonly signal: AbortSignal; readonly copy: (task: DiskTask) => Promise<CopiedDisk> },
): Promise<CopiedDisk[]> {
  const failure = new AbortController();
  const signal = AbortSignal.any([work.signal, failure.signal]);
  const results = await Promise.allSettled(
    tasks.map(async (task) => {
      try {
        return await work.copy({ ...task, signal });
      } catch (error) {
        failure.abort(toAppError(error));
        throw error;
      }
    }),
  );
  if (signal.aborted) throw toAppError(signal.reason);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
