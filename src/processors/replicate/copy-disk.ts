import { precondition, toAppError } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';
import type { Logger } from '../../base/logger.ts';
import { formatBytes } from '../../base/units.ts';
import { loadCycleVm, markDirty, type CycleDisk } from '../../db/stores/cycle-store.ts';
import { chooseSync, type SyncChoice } from '../../domain/sync-mode.ts';
import { saveCheckpoint } from '../../db/stores/checkpoint-store.ts';
import { openNbdDevice } from '../../nbd/device.ts';
import { copyDisk as copyBytes } from '../../transfer/copy-disk.ts';
import type { ByteRange } from '../../transfer/block-device.ts';
import type { CopyOptions } from '../../transfer/copy-options.ts';
import type { ReopenedTarget, VerifyProgress, VerifyResult } from '../../transfer/verify/verified-copy.ts';
import type { RateLimit } from '../../transfer/rate-limit.ts';
import type { SessionDisk, SourceSession } from '../../vma/contract.ts';
import type { OpenedExport } from '../../volumes/contract.ts';
import { measureAreas } from './areas.ts';
import type { Replication } from './context.ts';
import type { DiskProgress } from './disk-checkpoint.ts';
import type { DiskMeter } from './disk-meter.ts';
import { resumeDisk } from './disk-checkpoint.ts';
import type { CopiedDisk, Volumes } from './outputs.ts';
import { isWorthComparing, SiteComparison } from './site-comparison.ts';
import { copyVerifiedDisk } from './verify-disk.ts';

export interface DiskTask {
  readonly volume: Volumes[number];
  readonly session: SourceSession;
  readonly rate: RateLimit;
  readonly meter: DiskMeter;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Copies one disk of the session to its volume, from its checkpoint on, and returns when it is flushed. */
export async function copyOneDisk(context: Replication, task: DiskTask): Promise<CopiedDisk> {
  const { run, deps } = context;
  const source = task.session.disks.find((disk) => disk.disk_id === task.volume.diskId);
  invariant(source !== undefined, `the source session has no disk ${task.volume.diskId}`);
  const disk = await currentDisk(context, task);
  refuseShrunk(disk, source);
  refuseForeignDelta(disk, source);

  const state = await resumeDisk(context, { disk, source, session: task.session });
  // Before the first byte, and in one transaction: from here on the target is not what its changeId says.
  await run.fenced(async (trx) => {
    await saveCheckpoint(trx, state.place, state.checkpoint);
    await markDirty(trx, disk.vmDiskId);
  });
  const opened = await deps.volumes.openExport({
    volumeId: task.volume.volumeId,
    jobId: run.jobId,
    epoch: run.epoch,
    signal: task.signal,
  });
  refuseSmall(source, opened);
  const started = performance.now();
  const measured = await measureAreas(deps.vma.areas(task.session.session_id, source.disk_id, { signal: task.signal }));
  task.meter.expect({ areaBytes: measured.bytes, copiedBefore: state.copiedBytes });
  const move = { disk, source, opened, measuredBytes: measured.bytes, state };
  const { note, ...moved } = await moveDisk(context, task, move);
  task.log.info({ mode: source.mode, ...moved }, 'disk copied and flushed');
  return {
    vmDiskId: disk.vmDiskId,
    diskId: disk.diskId,
    capacityBytes: source.capacity_bytes,
    mode: source.mode,
    fullReason: fullReason(source, chooseSync(disk, run.payload), note),
    generation: state.generationAfter(source.mode),
    changeId: source.change_id,
    previousChangeId: disk.changeId,
    ...moved,
    areas: measured.count,
    seconds: (performance.now() - started) / 1000,
  };
}

interface Move {
  readonly disk: CycleDisk;
  readonly source: SessionDisk;
  readonly opened: OpenedExport;
  readonly measuredBytes: number;
  readonly state: DiskProgress;
  /** Only what it finds is copied. */
  readonly comparison?: SiteComparison;
}

/** What the row of a disk holds. */
const FULL_REASON_CHARS = 255;
const COMPARED = '; compared by hash';
const NOT_COMPARED = '; could not be compared by hash';

/** Bytes of data that went over the wire in this cycle, earlier attempts included; and what this attempt found done. */
interface Moved {
  readonly bytesTransferred: number;
  readonly resumedBytes: number;
  readonly verify?: VerifyResult;
}

/**
 * Copies what differs, where that is found out by hashes; else, and when the hashes fail, all that the session says.
 * `note` says which, for a disk that was compared.
 */
async function moveDisk(context: Replication, task: DiskTask, move: Move): Promise<Moved & { note: string }> {
  const { disk, source, state } = move;
  if (!isWorthComparing(context, { disk, source, fresh: state.checkpoint.fresh })) {
    return { ...(await moveBytes(context, task, move)), note: '' };
  }
  using comparison = new SiteComparison(context, task, source);
  try {
    return { ...(await moveBytes(context, task, { ...move, comparison })), note: COMPARED };
  } catch (thrown) {
    task.signal.throwIfAborted();
    if (comparison.failure === undefined) throw thrown;
    task.log.warn({ err: toAppError(comparison.failure) }, 'disk not compared by hash, all of it is copied');
  }
  // What was copied so far stays done.
  const resumed = await resumeDisk(context, { disk, source, session: task.session });
  task.meter.comparesNoMore();
  task.meter.expect({ areaBytes: move.measuredBytes, copiedBefore: resumed.copiedBytes });
  return { ...(await moveBytes(context, task, { ...move, state: resumed })), note: NOT_COMPARED };
}

async function moveBytes(context: Replication, task: DiskTask, move: Move): Promise<Moved> {
  const { deps } = context;
  const { source, opened, state, comparison } = move;
  const connections = Math.min(deps.connections, source.limits.max_connections);
  await using from = await openNbdDevice(uriOf(source.uris), { connections, readOnly: true, signal: task.signal });
  await using to = await openNbdDevice(uriOf(opened.uris), { connections: deps.connections, signal: task.signal });
  using _watched = task.meter.watch({ source: from, target: to });
  const copy: Omit<CopyOptions, 'extents'> = {
    source: from,
    target: to,
    lengthBytes: source.capacity_bytes,
    ...(comparison === undefined ? ofAreas(move) : {}),
    targetIsZero: source.mode === 'full' && state.checkpoint.fresh,
    rate: task.rate,
    signal: task.signal,
    checkpoint: { done: state.doneRanges(), save: (ranges, totals) => state.save(ranges, totals) },
    progress: (counter) => task.meter.count(counter),
  };
  const extents = (): AsyncIterable<ByteRange> =>
    comparison?.ranges() ?? deps.vma.areas(task.session.session_id, source.disk_id, { signal: task.signal });
  const mode = context.run.payload.verify ?? deps.verify;
  if (mode === 'off') {
    const { resumedBytes } = await copyBytes({ ...copy, extents: extents() });
    return { bytesTransferred: state.copiedBytes, resumedBytes };
  }
  const reopenTarget = async ({ readOnly }: { readonly readOnly: boolean }): Promise<ReopenedTarget> => {
    task.log.info({ mode, readOnly }, readOnly ? 'reading the target again' : 'repairing the target');
    if (readOnly) task.meter.verified({ bytesRead: 0, bytesTotal: undefined });
    const connections = deps.connections;
    const device = await openNbdDevice(uriOf(opened.uris), { connections, readOnly, signal: task.signal });
    return { device, close: () => device.close() };
  };
  const progress = (seen: VerifyProgress): void => task.meter.verified(seen);
  try {
    const result = await copyVerifiedDisk(context, state, { copy, extents, mode, reopenTarget, progress });
    return { bytesTransferred: state.copiedBytes, resumedBytes: result.resumedBytes, verify: result.verify };
  } finally {
    task.meter.verifiesNoMore();
  }
}

/** In a full copy onto a used target zeros wherever the areas of the session say nothing. */
function ofAreas({ source, state, measuredBytes }: Move): Pick<CopyOptions, 'extentsBytes' | 'outside'> {
  const isUsed = source.mode === 'full' && !state.checkpoint.fresh;
  return { extentsBytes: measuredBytes, outside: isUsed ? 'zero' : 'leave' };
}

/** Asked for a delta, the source says why it has none; else we did not ask. */
function fullReason(source: SessionDisk, choice: SyncChoice, note: string): string | null {
  if (source.mode !== 'full') return null;
  const reason = source.full_reason ?? (choice.mode === 'full' ? choice.reason : 'no changeId to start from');
  return `${reason.slice(0, FULL_REASON_CHARS - note.length)}${note}`;
}

function uriOf(uris: { readonly unix?: string | undefined; readonly tcp?: string | undefined }): string {
  const uri = uris.unix ?? uris.tcp;
  invariant(uri !== undefined, 'an export without a URI');
  return uri;
}

/** Read again at each attempt: the generation may have grown since the step before. */
async function currentDisk({ run, deps }: Replication, task: DiskTask): Promise<CycleDisk> {
  const vm = await loadCycleVm(deps.db, { contextId: run.payload.contextId, jobId: run.jobId });
  const disk = vm?.disks.find((each) => each.vmDiskId === task.volume.vmDiskId);
  invariant(disk?.volume?.volumeId === task.volume.volumeId, `disk ${task.volume.diskId} has another volume now`);
  return disk;
}

/** Disks do not shrink: a smaller one is another disk under an old name, or a damaged image. */
function refuseShrunk(disk: CycleDisk, source: SessionDisk): void {
  if (source.capacity_bytes >= disk.capacityBytes) return;
  throw precondition(
    'replication.disk-shrank',
    `disk ${disk.diskId} had ${disk.capacityBytes} bytes and now has ${source.capacity_bytes}`,
    {
      details: { diskId: disk.diskId },
      hint: 'check the disk at the source; when it really is a new one, delete the VM here and add it again',
    },
  );
}

/** A delta is only for a disk of the size that the last commit knew: a grown disk was never copied past its old end. */
function refuseForeignDelta(disk: CycleDisk, source: SessionDisk): void {
  if (source.mode === 'full' || source.capacity_bytes === disk.capacityBytes) return;
  throw precondition(
    'replication.capacity-changed',
    `disk ${disk.diskId} had ${disk.capacityBytes} bytes and now has ${source.capacity_bytes}`,
    {
      details: { diskId: disk.diskId },
      hint: 'start a full replication: POST /replications with "replication_type":"initial"',
    },
  );
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
