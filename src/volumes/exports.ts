import { findExport, type ExportRecord } from '../db/stores/nbd-export-store.ts';
import { findOverlay } from '../db/stores/volume-overlay-store.ts';
import { listExports as listServed } from './block-exports.ts';
import type { MergedOverlay, OpenedExport, WantedOverlay } from './contract.ts';
import { endExport } from './end-export.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { assertHere } from './export-place.ts';
import { assertMayReplace, assertMayThrowAway, type Writer } from './holder.ts';
import { openByHand, type ManualExport } from './manual-export.ts';
import { OverlayMerges } from './merges.ts';
import { openedExport, openExport } from './open-export.ts';
import { rebuildExports } from './rebuild-exports.ts';
import { serialOf } from './serial.ts';
import { assertBare, discardUncommitted, forgetOverlay, settleOverlay } from './settle-overlay.ts';
import { sweepExports } from './sweep-exports.ts';
import { sweepOverlays } from './sweep-overlays.ts';

/**
 * The fence of the data plane: a volume has at most one export, it belongs to one epoch of one job, and whoever opens
 * it next has first cut the previous one off for good. What is written down in the database comes before the act, what
 * really is comes from qemu: after a crash at any line the next opening finds both and puts them right.
 */

export interface VolumeExports {
  /**
   * Opens the volume for this epoch, and ends every connection of an earlier one. With `wanted`, what is written lands in
   * an overlay above it, where there can be one. What an earlier cycle has committed above is merged first.
   * @throws conflict `export.stale-epoch`, `export.in-use`, `export.not-attached`; busy `volume.busy`, `overlay.merging`,
   * `overlay.no-space`; upstream
   * `export.not-deleted` (the old writer could not be proven gone: nobody may write), `volume.device-missing`,
   * `qemu.*`; precondition `volume.device-*`.
   */
  open(volumeId: string, writer: Writer, wanted?: WantedOverlay): Promise<OpenedExport>;
  /** Ends the export if this epoch of the job, or an older one, opened it; tells whether there was one to end. */
  close(volumeId: string, writer: Writer): Promise<boolean>;
  /**
   * The export that this epoch of the job has open, to read beside the job; nobody else's, and no second one.
   * @throws conflict `export.stale-epoch`, `export.not-open`
   */
  opened(volumeId: string, writer: Writer): Promise<OpenedExport>;
  /**
   * Ends the export and leaves what is above the volume as it is; the caller holds the volume's lock.
   * @throws conflict `export.in-use` while a live job other than `jobId` and its parents writes there, `export.elsewhere`
   */
  cut(volumeId: string, jobId: string | undefined): Promise<boolean>;
  /**
   * Ends the export for somebody who takes the volume away, and settles what is above it: so the device must be there.
   * @throws as `cut` and `settleOverlay`
   */
  drop(volumeId: string, jobId: string | undefined): Promise<boolean>;
  /**
   * Ends the export of a volume that is to be deleted, and throws away what was never committed above it. What was stays
   * until `forget`: the deletion may be refused. @throws conflict `export.in-use`, `export.elsewhere`
   */
  release(volumeId: string, jobId: string | undefined): Promise<void>;
  /** Once CloudStack has said that the volume is gone: whatever was above it is thrown away. */
  forget(volumeId: string): Promise<void>;
  /** Before the volume is given to a VM. @throws conflict `export.in-use`, `overlay.not-merged` */
  assertBare(volumeId: string, jobId: string | undefined): Promise<void>;
  /**
   * Writes what this job has committed above the volume into it, or joins whoever does; answers when that is done, and
   * after some seconds in any case. @throws conflict `export.stale-epoch`, `overlay.not-sealed`; what merging throws.
   */
  merge(volumeId: string, writer: Writer): Promise<MergedOverlay>;
  /** Runs `work` while nobody else opens, closes, attaches or detaches this volume. */
  exclusively<T>(volumeId: string, work: () => Promise<T>): Promise<T>;
  /**
   * Brings the volume itself to its last committed point, for somebody who takes it away, copies or resizes it: what
   * was committed above it is merged into it, what never was is thrown away. The caller holds the volume's lock, and
   * the export is gone (`drop` ends it, and settles by itself).
   * @throws conflict `export.in-use`: a job other than `jobId` and its parents has not ended its cycle there; conflict
   * `overlay.elsewhere`, `export.not-attached`; upstream `overlay.*`, `qemu.*`.
   */
  settleOverlay(volumeId: string, jobId?: string): Promise<void>;
  /**
   * Serves the volume for a person, instead of whatever is open and not in use.
   * @throws conflict `export.in-use`, `export.not-attached`, `export.other-device`; and what `open` throws.
   */
  openByHand(wanted: ManualExport): Promise<ExportRecord>;
  /** Serials of the volumes that qemu serves now. */
  served(): Promise<string[]>;
  /** After a start of qemu: serves again, under their old names, the exports whose epoch still runs. */
  rebuild(): Promise<void>;
  /**
   * Ends exports whose job ended or was taken over, and those that no row knows; throws away what ended jobs have not
   * committed, and merges what they have.
   */
  sweep(): Promise<void>;
}

export function volumeExports(deps: ExportsDeps): VolumeExports {
  const { db, lock } = deps;
  const exclusively: Exclusively = (volumeId, work) => lock.run(serialOf(volumeId), work);
  const merges = new OverlayMerges(deps, exclusively);
  const exports: VolumeExports = {
    exclusively,
    async open(volumeId, writer, wanted) {
      const opening = (): Promise<OpenedExport> => openExport(deps, volumeId, { writer, wanted });
      const opened = await exclusively(volumeId, async () => ((await merges.isDue(volumeId)) ? undefined : opening()));
      if (opened !== undefined) return opened;
      // Without the lock: it may take longer than others should wait for their turn.
      await merges.pass(volumeId, writer);
      return exclusively(volumeId, opening);
    },
    close: (volumeId, writer) =>
      exclusively(volumeId, async () => {
        const row = await findExport(db, volumeId);
        const ours = row?.metadata.job_id === writer.jobId && row.metadata.epoch <= writer.epoch;
        if (ours) await endExport(deps, volumeId);
        return ours;
      }),
    opened: (volumeId, writer) => openedExport(db, volumeId, writer),
    async cut(volumeId, jobId) {
      const row = await findExport(db, volumeId);
      if (row !== undefined) {
        await assertHere(deps, row);
        await assertMayReplace(db, row, jobId);
      }
      await endExport(deps, volumeId);
      return row !== undefined;
    },
    async drop(volumeId, jobId) {
      const overlay = await findOverlay(db, volumeId);
      if (overlay?.state === 'filling') await assertMayThrowAway(db, overlay, jobId);
      const isCut = await exports.cut(volumeId, jobId);
      await settleOverlay(deps, volumeId, jobId);
      return isCut;
    },
    async release(volumeId, jobId) {
      await exports.cut(volumeId, jobId);
      await discardUncommitted(deps, volumeId, jobId);
    },
    forget: (volumeId) => forgetOverlay(deps, volumeId),
    assertBare: (volumeId, jobId) => assertBare(deps, volumeId, jobId),
    merge: (volumeId, writer) => merges.ask(volumeId, writer),
    settleOverlay: (volumeId, jobId) => settleOverlay(deps, volumeId, jobId),
    openByHand: (wanted) =>
      exclusively(wanted.volumeId, async () => {
        await exports.drop(wanted.volumeId, undefined);
        return openByHand(deps, wanted);
      }),
    served: async () => (await listServed(await deps.storage().ready())).map(({ serial }) => serial),
    rebuild: () => rebuildExports(deps, exclusively),
    async sweep() {
      await sweepExports(deps, exclusively);
      await sweepOverlays(deps, { exclusively, merges });
    },
  };
  return exports;
}
