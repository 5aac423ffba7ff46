import { AppError, precondition, toAppError } from '../../base/errors.ts';
import type { CycleDisk } from '../../db/stores/cycle-store.ts';
import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import type { SessionDisk, SourceSession } from '../../vma/contract.ts';
import type { OpenedExport } from '../../volumes/contract.ts';
import type { Replication } from './context.ts';
import type { DiskTask } from './copy-disk.ts';
import { overlayKey } from './disk-checkpoint.ts';

interface Wanted {
  readonly of: { readonly disk: CycleDisk; readonly source: SessionDisk; readonly session: SourceSession };
  readonly way: { readonly verdict: CopyVerdict; readonly spent?: string };
  /** What will be written, in whole clusters of an overlay. */
  readonly bytes: number;
}

/**
 * Opens the target of a disk for this epoch: what is written lands in an overlay above the volume where that keeps its
 * last committed point whole until the commit, and in the volume itself where there is no such point to keep.
 */
export async function openTarget({ run, deps }: Replication, task: DiskTask, wanted: Wanted): Promise<OpenedExport> {
  const { of, way, bytes } = wanted;
  const noPoint = noPointToKeep(of.disk, way.verdict);
  const { volumeId } = task.volume;
  const call = { volumeId, jobId: run.jobId, epoch: run.epoch, signal: task.signal };
  if (noPoint !== undefined) return { ...(await deps.volumes.openExport(call)), in_place_reason: noPoint };
  const overlay = { key: overlayKey(of, way.verdict), bytes, ...(way.spent === undefined ? {} : { spent: way.spent }) };
  const opened = await deps.volumes.openExport({ ...call, overlay });
  if (opened.in_place_reason !== null) {
    task.log.warn({ reason: opened.in_place_reason }, 'this cycle is written to the volume itself');
  }
  return opened;
}

function noPointToKeep(disk: CycleDisk, verdict: CopyVerdict): string | undefined {
  if (verdict.mode !== 'incremental') return 'all of the disk is copied or compared';
  return disk.isDirty ? 'an earlier cycle was written to the volume and has not ended well' : undefined;
}

const SPENT = 'overlay.spent';

/** The error of a copy into an overlay: that it ran full is not the end of the cycle. */
export function withOverlay(overlayId: string, thrown: unknown): unknown {
  if (toAppError(thrown).code !== 'nbd.no-space') return thrown;
  return precondition(SPENT, `overlay ${overlayId} ran out of space`, { cause: thrown, details: { overlayId } });
}

/** Id of the overlay that ran full, where that is what was thrown. */
export function spentOverlay(thrown: unknown): string | undefined {
  if (!(thrown instanceof AppError) || thrown.code !== SPENT) return undefined;
  return String(thrown.details['overlayId']);
}
