import { toAppError } from '../../base/errors.ts';
import { beginDisk, distrustTarget, type CycleDisk } from '../../db/stores/cycle-store.ts';
import { describeReason } from '../../domain/cbt/reason.ts';
import { generationToWrite, type CopyVerdict } from '../../domain/cbt/verdict.ts';
import {
  loadCheckpoint,
  saveCheckpoint,
  type CheckpointPlace,
  type DiskCheckpoint,
} from '../../db/stores/checkpoint-store.ts';
import type { ByteRange } from '../../transfer/block-device.ts';
import { normalise } from '../../transfer/ranges.ts';
import type { SessionDisk, SourceSession } from '../../vma/contract.ts';
import type { Replication } from './context.ts';

/** What is durable of one disk in this cycle, and where that is remembered. */
export class DiskProgress {
  readonly place: CheckpointPlace;
  readonly #context: Replication;
  readonly #copiedBefore: number;
  readonly #generation: number;
  #isDistrusted = false;
  #checkpoint: DiskCheckpoint;

  constructor(context: Replication, place: CheckpointPlace, of: { checkpoint: DiskCheckpoint; generation: number }) {
    this.#context = context;
    this.place = place;
    this.#checkpoint = of.checkpoint;
    this.#copiedBefore = of.checkpoint.copiedBytes;
    this.#generation = of.generation;
  }

  get checkpoint(): DiskCheckpoint {
    return this.#checkpoint;
  }

  /** Bytes of data that went over the wire and are durable, earlier attempts included. */
  get copiedBytes(): number {
    return this.#checkpoint.copiedBytes;
  }

  /**
   * Of the target, when this cycle has ended well: the last one that holds everywhere what it should. After a lie of
   * the storage that is the new one where all of the disk was compared, and the old one where only changes were: a
   * write that went astray may lie outside of them.
   */
  generationAfter(mode: 'full' | 'incremental'): number {
    return this.#isDistrusted && mode === 'full' ? this.#generation + 1 : this.#generation;
  }

  doneRanges(): ByteRange[] {
    return this.#checkpoint.done.map(([offset, length]) => ({ offset, length }));
  }

  /**
   * Nothing counts as done any more, and nothing as zero: the target did not keep what it was given. Until that is
   * stored, nobody may repair it, because whoever resumed in between would believe the checkpoint. Whoever comes after
   * that, another attempt or another job, copies the disk in full.
   */
  async distrust(): Promise<void> {
    const { run } = this.#context;
    const { vmDiskId } = this.place;
    this.#checkpoint = { ...this.#checkpoint, fresh: false, done: [] };
    const reason = `the target had not kept what was written to it, as the verification of ${run.jobId} found`;
    await run.fenced(async (trx) => {
      await saveCheckpoint(trx, this.place, this.#checkpoint);
      await distrustTarget(trx, { vmDiskId, generation: this.#generation }, reason);
    });
    if (!this.#isDistrusted) run.log.warn({ vmDiskId, reason }, 'target is not believed until it was copied in full');
    this.#isDistrusted = true;
  }

  /**
   * Called by the engine after a FLUSH that covers `ranges`. Fenced: a worker that lost its job stores nothing. A
   * database that is away does not end a copy: what could not be stored goes with the next checkpoint.
   */
  async save(ranges: readonly ByteRange[], totals: { readonly bytesCopied: number }): Promise<void> {
    const { run } = this.#context;
    this.#checkpoint = {
      ...this.#checkpoint,
      done: normalise([...this.doneRanges(), ...ranges]).map(({ offset, length }) => [offset, length] as const),
      copiedBytes: this.#copiedBefore + totals.bytesCopied,
    };
    try {
      await run.fenced((trx) => saveCheckpoint(trx, this.place, this.#checkpoint));
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.kind !== 'upstream') throw error;
      run.log.warn({ err: error, vmDiskId: this.place.vmDiskId }, 'checkpoint not stored');
    }
  }
}

interface Judged {
  readonly disk: CycleDisk;
  readonly source: SessionDisk;
  readonly session: SourceSession;
}

interface Begun extends Judged {
  /** Where the cycle lands: id of the overlay above the volume; null: in the volume, and why, where that was not meant. */
  readonly overlayId: string | null;
  readonly inPlaceReason: string | null;
}

/**
 * The way in which an earlier attempt of this job copied the disk from this very snapshot onto this very target, with
 * what it fell back to: nothing that was judged has changed since. Undefined where there was none.
 */
export async function verdictBefore({ deps }: Replication, of: Judged): Promise<CopyVerdict | undefined> {
  const stored = await loadCheckpoint(deps.db, of.disk.vmDiskId);
  if (stored === undefined) return undefined;
  const key = cycleKey(of, stored.verdict, of.disk.targetGeneration);
  return stored.key === key || stored.key.startsWith(`${key}|`) ? stored.verdict : undefined;
}

/**
 * Marks the disk as being written in this way, before the first byte is: in one transaction the generation that goes with
 * it, the mark of a begun cycle, a row of history that is not successful, and the checkpoint. The checkpoint is the one
 * of exactly this snapshot, this target and this way; an empty one when there is none, because another snapshot has other
 * bytes, another target has none, and areas that nobody believes say nothing of what lies between them.
 *
 * `fresh` is decided once, before the first export of the volume in this cycle, and kept with the checkpoint: an
 * earlier attempt of the same cycle wrote nothing but bytes of the same snapshot, so what it did not reach still reads
 * zero.
 */
export async function beginCopy(context: Replication, of: Begun, verdict: CopyVerdict): Promise<DiskProgress> {
  const { run, deps } = context;
  const { disk } = of;
  const generation = generationOf(disk, verdict);
  const key = checkpointKey(of, verdict, generation);
  const place: CheckpointPlace = { vmDiskId: disk.vmDiskId, jobId: run.jobId, epoch: run.epoch, key };
  const stored = await loadCheckpoint(deps.db, disk.vmDiskId);
  const fresh = deps.newVolumesAreZero && disk.volume?.exported === false;
  const before = stored?.key === key ? stored : { fresh, done: [], copiedBytes: 0 };
  const checkpoint = { verdict, fresh: before.fresh, done: before.done, copiedBytes: before.copiedBytes };
  await run.fenced(async (trx) => {
    await saveCheckpoint(trx, place, checkpoint);
    await beginDisk(trx, {
      jobId: run.jobId,
      contextId: run.payload.contextId,
      vmDiskId: disk.vmDiskId,
      diskId: disk.diskId,
      generation: { now: disk.targetGeneration, written: generation },
      mode: verdict.mode === 'incremental' ? 'incremental' : 'full',
      reason: reasonOfVerdict(verdict),
      previousChangeId: disk.changeId,
      landing: { overlayId: of.overlayId, inPlaceReason: of.inPlaceReason },
    });
  });
  return new DiskProgress(context, place, { checkpoint, generation });
}

/** Null for a disk that is copied by its changes and not doubted. */
function reasonOfVerdict(verdict: CopyVerdict): string | null {
  const reason = verdict.mode === 'incremental' ? verdict.doubt : verdict.reason;
  return reason === null ? null : describeReason(reason);
}

/** What an overlay of this cycle is known by: where nothing of it has changed, the same one goes on. */
export const overlayKey = (of: Judged, verdict: CopyVerdict): string =>
  cycleKey(of, verdict, generationOf(of.disk, verdict));

const generationOf = (
  { committedGeneration: committed, targetGeneration: target }: CycleDisk,
  verdict: CopyVerdict,
): number => generationToWrite(verdict, { committed, target });

/** Of this very overlay: what is done in one that is lost is done nowhere. */
function checkpointKey(of: Begun, verdict: CopyVerdict, generation: number): string {
  const key = cycleKey(of, verdict, generation);
  return of.overlayId === null ? key : `${key}|${of.overlayId}`;
}

function cycleKey({ disk, source, session }: Judged, verdict: CopyVerdict, generation: number): string {
  const volumeId = disk.volume?.volumeId ?? '';
  return [session.session_id, session.snapshot, meaningOf(verdict), source.change_id, volumeId, generation].join('|');
}

/**
 * What "done" says of a stretch. changes: it is as in the snapshot where it was as at the last commit. in-use: it is,
 * where the areas in use are all there are. whole: it is, whether each byte of it was copied or found to be equal.
 */
function meaningOf(verdict: CopyVerdict): 'changes' | 'in-use' | 'whole' {
  if (verdict.mode === 'incremental') return 'changes';
  return verdict.mode === 'full' ? verdict.extents : 'whole';
}
