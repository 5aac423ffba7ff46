import { toAppError } from '../../base/errors.ts';
import { distrustTarget, type CycleDisk } from '../../db/stores/cycle-store.ts';
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
    this.#checkpoint = { fresh: false, done: [], copiedBytes: this.#checkpoint.copiedBytes };
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
      fresh: this.#checkpoint.fresh,
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

/**
 * The checkpoint of this disk for exactly this snapshot and this target; an empty one when there is none, because
 * another snapshot has other bytes and another target has none.
 *
 * `fresh` is decided once, before the first export of the volume in this cycle, and kept with the checkpoint: an
 * earlier attempt of the same cycle wrote nothing but bytes of the same snapshot, so what it did not reach still reads
 * zero.
 */
export async function resumeDisk(
  context: Replication,
  of: { readonly disk: CycleDisk; readonly source: SessionDisk; readonly session: SourceSession },
): Promise<DiskProgress> {
  const { run, deps } = context;
  const { disk, source, session } = of;
  const key = [
    session.session_id,
    session.snapshot,
    source.mode,
    source.change_id,
    disk.volume?.volumeId ?? '',
    disk.targetGeneration,
  ].join('|');
  const place: CheckpointPlace = { vmDiskId: disk.vmDiskId, jobId: run.jobId, epoch: run.epoch, key };
  const stored = await loadCheckpoint(deps.db, disk.vmDiskId, key);
  const fresh = deps.newVolumesAreZero && disk.volume?.exported === false;
  const checkpoint = stored ?? { fresh, done: [], copiedBytes: 0 };
  return new DiskProgress(context, place, { checkpoint, generation: disk.targetGeneration });
}
