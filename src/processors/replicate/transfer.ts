import { toAppError } from '../../base/errors.ts';
import { noteUnreplicatedDisks } from '../../db/stores/unreplicated-disks.ts';
import { commitOf, type DiskOutcome } from '../../domain/cbt/commit.ts';
import type { VmAtSnapshot } from '../../domain/cbt/source-state.ts';
import type { SourceSession } from '../../vma/contract.ts';
import type { StepWork } from '../../workflow/define.ts';
import { briefly } from './briefly.ts';
import type { Replication } from './context.ts';
import { copyOneDisk, type DiskTask } from './copy-disk.ts';
import { Prepared, Volumes, type CopiedDisk, type Transferred } from './outputs.ts';
import { planCycle, type CyclePlan } from './plan-cycle.ts';
import { keepSession, sessionLost } from './session-heartbeat.ts';
import { ensureSession } from './source-session.ts';
import { trackTransfer } from './transfer-progress.ts';

/**
 * Moves the bytes of all disks, side by side, and flushes them. Everything that belongs to one epoch happens in here,
 * so that another attempt does it again: the session is adopted, what it says is judged, the targets are exported anew
 * (which cuts off every older epoch), the checkpoints are read. The step ends only when every disk is flushed and every
 * export is gone.
 */
export const transfer: StepWork<Replication> = {
  async run({ context, outputs, signal, log }): Promise<Transferred> {
    const prepared = outputs.get('prepare', Prepared);
    const volumes = outputs.get('create-volumes', Volumes);
    const session = await ensureSession(context, prepared);
    const plan = await planCycle(context, { session, volumes });
    await tellOf(context, session, plan);
    const { run, deps } = context;
    const bandwidth = deps.bandwidth.forJob(run.jobId);
    await bandwidth.refresh(deps.db);
    await using heartbeat = keepSession(context, session);
    await using progress = trackTransfer(context, { plan, volumes, bandwidth });
    const tasks = volumes.flatMap((volume): Omit<DiskTask, 'signal'>[] => {
      const { diskId } = volume;
      const ofDisk = plan.disks.get(diskId);
      if (ofDisk === undefined) return [];
      const [rate, meter] = [bandwidth.forDisk(), progress.meter(diskId)];
      return [{ volume, session, plan: ofDisk, rate, meter, log: log.child({ diskId }) }];
    });
    const disks = await allOrNone(tasks, {
      signal: AbortSignal.any([signal, heartbeat.lost]),
      copy: (task) => copyOneDisk(context, task),
    }).catch((thrown: unknown) => letGoOfLost(context, session, thrown));
    for (const { volumeId } of volumes) {
      await deps.volumes.closeExport({ volumeId, jobId: run.jobId, epoch: run.epoch, signal });
    }
    await progress.finish();
    const { session_id: sessionId, snapshot, created_at: snapshotAt } = session;
    return { sessionId, snapshot, snapshotAt, ...committable(run.jobId, plan.found, disks) };
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

/** In the log of the job: how each disk is copied, and what of the VM is not; the latter also at the VM. */
async function tellOf({ run }: Replication, session: SourceSession, plan: CyclePlan): Promise<void> {
  for (const [diskId, { verdict }] of plan.disks) run.log.info({ diskId, verdict }, 'disk judged');
  if (session.facts === null) return;
  const { is_quiesced: isQuiesced, other_snapshot_ids: otherSnapshots, other_disk_ids: otherDisks } = session.facts;
  run.log.info({ isQuiesced, otherSnapshots }, 'snapshot of the VM');
  await run.fenced((trx) => noteUnreplicatedDisks(trx, run.payload.contextId, otherDisks));
  if (otherDisks.length === 0) return;
  // Left out on purpose, or added since the VM was discovered: a person has to know in either case.
  run.log.warn({ otherDisks }, 'the VM has disks that are not replicated; discover it again to replicate them, too');
}

/**
 * A snapshot that somebody removed takes its session along, and so does a session that the VMA has no more: the next
 * attempt makes another one, from the same changeIds.
 */
async function letGoOfLost({ run, deps }: Replication, session: SourceSession, thrown: unknown): Promise<never> {
  const error = toAppError(thrown);
  if (error.code === 'session.unknown') throw sessionLost(error);
  if (error.code === 'source.snapshot-gone') {
    run.log.warn({ sessionId: session.session_id }, 'the source session lost its snapshot and is ended');
    await deps.vma.endSession(session.session_id, { epoch: run.epoch, committed: false }, { signal: run.signal });
  }
  throw thrown;
}

/** What is stored of the cycle: of a VM of vSphere, with all that the next one judges by. */
function committable(
  jobId: string,
  found: VmAtSnapshot | undefined,
  disks: readonly CopiedDisk[],
): Pick<Transferred, 'disks' | 'vm'> {
  if (found === undefined) return { disks: [...disks], vm: null };
  const outcomes = disks.flatMap(({ deviceKey, generation }): [number, DiskOutcome][] =>
    deviceKey === null ? [] : [[deviceKey, { isComplete: true, isFlushed: true, generation }]],
  );
  const commit = commitOf(found, { commitId: jobId, outcomes: new Map(outcomes) });
  const changeIds = new Map(commit.disks.map(({ key, changeId }) => [key, changeId]));
  return {
    disks: disks.map((disk) => ({ ...disk, changeId: changeIds.get(disk.deviceKey ?? -1) ?? null })),
    vm: { ...commit, otherSnapshotIds: [...commit.otherSnapshotIds], disks: [...commit.disks] },
  };
}

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
