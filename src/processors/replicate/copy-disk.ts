import { precondition, toAppError } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import type { Logger } from '../../base/logger.ts';
import { formatBytes } from '../../base/units.ts';
import { loadCycleVm, REASON_CHARS, type CycleDisk } from '../../db/stores/cycle-store.ts';
import { describeReason } from '../../domain/cbt/reason.ts';
import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import type { RateLimit } from '../../transfer/rate-limit.ts';
import type { SessionDisk, SourceSession } from '../../vma/contract.ts';
import type { OpenedExport } from '../../volumes/contract.ts';
import type { Replication } from './context.ts';
import { beginCopy, verdictBefore } from './disk-checkpoint.ts';
import { extentsOf, type DiskExtents } from './disk-extents.ts';
import type { DiskMeter } from './disk-meter.ts';
import { moveBytes } from './move-bytes.ts';
import { nextWay } from './next-way.ts';
import { openTarget, spentOverlay, withOverlay } from './open-target.ts';
import type { CopiedDisk, Volumes } from './outputs.ts';
import { feasible, type DiskPlan } from './plan-cycle.ts';

export interface DiskTask {
  readonly volume: Volumes[number];
  readonly session: SourceSession;
  readonly plan: DiskPlan;
  readonly rate: RateLimit;
  readonly meter: DiskMeter;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A verdict, and what became of the comparison where there was to be one. */
interface Way {
  readonly verdict: CopyVerdict;
  readonly note: string;
  /** Overlay that had no space for this. */
  readonly spent?: string;
}

const COMPARED = '; compared by hash';
const NOT_COMPARED = '; could not be compared by hash';

const wayOf = (verdict: CopyVerdict): Way => ({ verdict, note: verdict.mode === 'compare' ? COMPARED : '' });

/**
 * Copies one disk of the session to its volume, from its checkpoint on, and returns when it is flushed. What cannot be
 * carried out falls back to what trusts less; see nextWay.
 */
export async function copyOneDisk(context: Replication, task: DiskTask): Promise<CopiedDisk> {
  const { source } = task.plan;
  const disk = await currentDisk(context, task);
  const before = await verdictBefore(context, { disk, source, session: task.session });
  let way = wayOf(feasible(context, before ?? task.plan.verdict));
  for (;;) {
    using extents = extentsOf(context, task, { source, verdict: way.verdict });
    try {
      return await copyInThisWay(context, task, { way, extents });
    } catch (thrown) {
      task.signal.throwIfAborted();
      const spent = spentOverlay(thrown);
      if (spent !== undefined) {
        task.log.warn({ err: thrown, overlay: spent }, 'the overlay ran out of space; its changes are copied again');
        way = { ...way, spent };
        continue;
      }
      const { failure } = extents;
      const next = nextWay(way.verdict, { thrown, failure, attempt: context.run.attempt });
      task.log.warn({ err: toAppError(failure), from: way.verdict, to: next }, 'disk cannot be copied like this');
      task.meter.comparesNoMore();
      way = way.verdict.mode === 'compare' ? { verdict: next, note: NOT_COMPARED } : wayOf(feasible(context, next));
    }
  }
}

async function copyInThisWay(
  context: Replication,
  task: DiskTask,
  { way, extents }: { readonly way: Way; readonly extents: DiskExtents },
): Promise<CopiedDisk> {
  const { source } = task.plan;
  const { verdict } = way;
  const started = performance.now();
  const { bytes: areaBytes, overlayBytes } = await extents.measure();
  const disk = await currentDisk(context, task);
  const of = { disk, source, session: task.session };
  const opened = await openTarget(context, task, { of, way, bytes: overlayBytes });
  refuseSmall(source, opened);
  const landing = { overlayId: opened.overlay?.id ?? null, inPlaceReason: opened.in_place_reason };
  // Before the first byte: from here on the target, or the overlay above it, is not what its changeId says.
  const state = await beginCopy(context, { ...of, ...landing }, verdict);
  task.meter.expect({ areaBytes, copiedBefore: state.copiedBytes });
  const moved = await moveBytes(context, task, { source, verdict, opened, extents, areaBytes, state }).catch(
    (thrown: unknown) => {
      throw landing.overlayId === null ? thrown : withOverlay(landing.overlayId, thrown);
    },
  );
  task.log.info({ mode: verdict.mode, ...landing, ...moved }, 'disk copied and flushed');
  const mode = verdict.mode === 'incremental' ? 'incremental' : 'full';
  return {
    vmDiskId: disk.vmDiskId,
    diskId: disk.diskId,
    deviceKey: source.facts?.key ?? null,
    capacityBytes: source.capacity_bytes,
    mode,
    fullReason: fullReason(way),
    doubt: verdict.mode === 'incremental' && verdict.doubt !== null ? describeReason(verdict.doubt) : null,
    generation: state.generationAfter(mode),
    changeId: source.change_id,
    previousChangeId: disk.changeId,
    ...moved,
    ...landing,
    areas: extents.count,
    seconds: (performance.now() - started) / 1000,
  };
}

function fullReason({ verdict, note }: Way): string | null {
  if (verdict.mode === 'incremental') return null;
  return `${describeReason(verdict.reason).slice(0, REASON_CHARS - note.length)}${note}`;
}

/** Read again at each way: the generation may have grown since the one before. */
async function currentDisk({ run, deps }: Replication, task: DiskTask): Promise<CycleDisk> {
  const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
  const disk = vm?.disks.find((each) => each.vmDiskId === task.volume.vmDiskId);
  invariant(disk?.volume?.volumeId === task.volume.volumeId, `disk ${task.volume.diskId} has another volume now`);
  return disk;
}

/** Before the first write, and against what qemu opened: a target that is too small would lose the end of the disk. */
function refuseSmall(source: SessionDisk, opened: OpenedExport): void {
  if (opened.size_bytes >= source.capacity_bytes) return;
  throw precondition(
    'replication.target-too-small',
    `volume ${opened.volume_id} has ${formatBytes(opened.size_bytes)}, disk ${source.disk_id} has ${formatBytes(source.capacity_bytes)}`,
    { details: { diskId: source.disk_id }, hint: 'resize the volume in CloudStack, then start again' },
  );
}
