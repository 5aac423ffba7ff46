import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { AppError, conflict, describeError, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { GiB } from '../base/units.ts';
import { inTransaction } from '../db/knex.ts';
import { findMapping, moveMapping } from '../db/stores/device-mapping-store.ts';
import {
  deleteExportRow,
  exportNameOf,
  findExport,
  listExports,
  savePendingExport,
  setExportStatus,
  type ExportRecord,
} from '../db/stores/nbd-export-store.ts';
import { findVolumeRow, markExported } from '../db/stores/volume-store.ts';
import { addExport, exportId, listExports as listServed, removeExport } from './block-exports.ts';
import type { OpenedExport } from './contract.ts';
import { resolveDevice, type Device, type DeviceFolders } from './device.ts';
import { assertLive, assertMayReplace, isLive, writerOf, type Writer } from './holder.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { serialOf } from './serial.ts';
import { portOf, urisOf } from './export-uris.ts';
import type { StorageDaemon } from './storage-daemon.ts';

/**
 * The fence of the data plane: a volume has at most one export, it belongs to one epoch of one job, and whoever opens
 * it next has first cut the previous one off for good. What is written down in the database comes before the act, what
 * really is comes from qemu: after a crash at any line the next opening finds both and puts them right.
 */

/** A volume that a job opens was attached before, so its device is there already or soon. */
const DEVICE_WAIT_MS = 10_000;

export interface ExportsDeps {
  readonly db: Knex;
  readonly storage: () => StorageDaemon;
  readonly folders: DeviceFolders;
  /** Shared with everything else that attaches or detaches volumes. Key: the serial. */
  readonly lock: KeyedLock;
  readonly log: Logger;
}

export interface VolumeExports {
  /**
   * Opens the volume for this epoch, and ends every connection of an earlier one.
   * @throws conflict `export.stale-epoch`, `export.in-use`, `export.not-attached`; busy `volume.busy`; upstream
   * `export.not-deleted` (the old writer could not be proven gone: nobody may write), `volume.device-missing`,
   * `qemu.*`; precondition `volume.device-*`.
   */
  open(volumeId: string, writer: Writer): Promise<OpenedExport>;
  /** Ends the export if this epoch of the job, or an older one, opened it; tells whether there was one to end. */
  close(volumeId: string, writer: Writer): Promise<boolean>;
  /**
   * The export that this epoch of the job has open, to read beside the job; nobody else's, and no second one.
   * @throws conflict `export.stale-epoch`, `export.not-open`
   */
  opened(volumeId: string, writer: Writer): Promise<OpenedExport>;
  /**
   * Ends the export for somebody who takes the volume away; the caller holds the volume's lock.
   * @throws conflict `export.in-use` while a live job other than `jobId` and its parents writes there.
   */
  drop(volumeId: string, jobId: string | undefined): Promise<boolean>;
  /** Runs `work` while nobody else opens, closes, attaches or detaches this volume. */
  exclusively<T>(volumeId: string, work: () => Promise<T>): Promise<T>;
  /** After a start of qemu: serves again, under their old names, the exports whose epoch still runs. */
  rebuild(): Promise<void>;
  /** Ends exports whose job ended or was taken over, and those that no row knows. */
  sweep(): Promise<void>;
}

export function volumeExports(deps: ExportsDeps): VolumeExports {
  const { db, lock } = deps;
  const exclusively = <T>(volumeId: string, work: () => Promise<T>): Promise<T> => lock.run(serialOf(volumeId), work);
  return {
    exclusively,
    open: (volumeId, writer) => exclusively(volumeId, () => openExport(deps, volumeId, writer)),
    close: (volumeId, writer) =>
      exclusively(volumeId, async () => {
        const row = await findExport(db, volumeId);
        const ours = row?.metadata.job_id === writer.jobId && row.metadata.epoch <= writer.epoch;
        if (ours) await endExport(deps, volumeId);
        return ours;
      }),
    opened: (volumeId, writer) => openedExport(db, volumeId, writer),
    async drop(volumeId, jobId) {
      const row = await findExport(db, volumeId);
      if (row !== undefined) await assertMayReplace(db, row, jobId);
      await endExport(deps, volumeId);
      return row !== undefined;
    },
    rebuild: () => rebuild(deps, exclusively),
    sweep: () => sweep(deps, exclusively),
  };
}

async function openExport(deps: ExportsDeps, volumeId: string, writer: Writer): Promise<OpenedExport> {
  const { db } = deps;
  await assertLive(db, writer);
  const row = await findExport(db, volumeId);
  if (row !== undefined) await assertMayReplace(db, row, writer.jobId);
  const process = await deps.storage().ready();
  await removeExport(process, serialOf(volumeId));
  const device = await deviceOf(deps, volumeId);
  // Finding the device may have taken long enough to lose the job.
  await assertLive(db, writer);
  const nonce = randomBytes(4).toString('hex');
  const name = `${exportNameOf(volumeId)}.${writer.epoch}.${nonce}`;
  const { listener } = deps.storage();
  const metadata = {
    wire_name: name,
    uris: urisOf(listener, name),
    job_id: writer.jobId,
    epoch: writer.epoch,
    size_bytes: device.sizeBytes,
  };
  await inTransaction(
    db,
    async (trx) => {
      await markExported(trx, volumeId);
      await moveMapping(trx, volumeId, device.path);
      await savePendingExport(trx, { volumeId, devicePath: device.path, port: portOf(listener), metadata });
    },
    { idempotent: true },
  );
  const serial = serialOf(volumeId);
  try {
    await addExport(process, { serial, id: exportId(serial, nonce), name, device });
    await setExportStatus(db, volumeId, 'active');
  } catch (error) {
    await setExportStatus(db, volumeId, 'failed').catch(() => undefined);
    throw error;
  }
  deps.log.info({ volumeId, ...writer, export: name, device: device.path }, 'export opened');
  return {
    volume_id: volumeId,
    export_name: name,
    size_bytes: device.sizeBytes,
    device_path: device.path,
    uris: metadata.uris,
  };
}

async function openedExport(db: Knex, volumeId: string, writer: Writer): Promise<OpenedExport> {
  await assertLive(db, writer);
  const row = await findExport(db, volumeId);
  const ours = row?.metadata.job_id === writer.jobId && row.metadata.epoch === writer.epoch;
  if (!ours || row.status !== 'active') {
    throw conflict('export.not-open', `job ${writer.jobId} does not have volume ${volumeId} open`, {
      details: { volumeId, ...writer },
      hint: 'open it first: POST /api/v1/exports/{volume_id}/open',
    });
  }
  return {
    volume_id: volumeId,
    export_name: row.metadata.wire_name,
    size_bytes: row.metadata.size_bytes,
    device_path: row.devicePath,
    uris: row.metadata.uris,
  };
}

/** The device of a volume that is attached here, found again and checked: letters change, volumes are re-plugged. */
async function deviceOf({ db, folders }: ExportsDeps, volumeId: string): Promise<Device> {
  const mapping = await findMapping(db, volumeId);
  const volume = await findVolumeRow(db, volumeId);
  const ready = mapping?.mode === 'oma' && mapping.cloudstackState === 'attached' && mapping.linuxState === 'detected';
  if (mapping === undefined || volume === undefined || !ready) {
    throw conflict('export.not-attached', `volume ${volumeId} is not attached to this appliance`, {
      details: { volumeId, mode: mapping?.mode ?? null, state: mapping?.cloudstackState ?? null },
      hint: 'attach it to the appliance first: POST /api/v1/volumes/{id}/attach',
    });
  }
  const device = await resolveDevice({
    ...folders,
    volumeUuid: volumeId,
    expectedBytes: mapping.sizeBytes,
    timeoutMs: DEVICE_WAIT_MS,
  });
  if (device.sizeBytes >= volume.sizeGb * GiB) return device;
  throw conflict('export.too-small', `${device.path} is smaller than the ${volume.sizeGb} GiB of volume ${volumeId}`, {
    details: { volumeId, sizeBytes: device.sizeBytes, sizeGb: volume.sizeGb },
    hint: 'the row of the volume and CloudStack disagree about its size: correct it before copying',
  });
}

async function endExport(deps: ExportsDeps, volumeId: string): Promise<void> {
  await removeExport(await deps.storage().ready(), serialOf(volumeId));
  await deleteExportRow(deps.db, volumeId);
}

type Exclusively = VolumeExports['exclusively'];

async function rebuild(deps: ExportsDeps, exclusively: Exclusively): Promise<void> {
  for (const { volumeId } of await listExports(deps.db)) {
    await exclusively(volumeId, () => rebuildOne(deps, volumeId)).catch((error: unknown) => {
      deps.log.warn({ volumeId, error: describeError(error) }, 'export not built up again');
    });
  }
}

async function rebuildOne(deps: ExportsDeps, volumeId: string): Promise<void> {
  const row = await findExport(deps.db, volumeId);
  if (row === undefined) return;
  const process = await deps.storage().ready();
  const serial = serialOf(volumeId);
  // Somebody opened it since qemu started: then it is as it should be.
  if ((await listServed(process)).some((served) => served.serial === serial)) return;
  if (row.status !== 'active' || !(await isLive(deps.db, writerOf(row)))) {
    await endExport(deps, volumeId);
    return;
  }
  try {
    const device = await deviceOf(deps, volumeId);
    await addExport(process, {
      serial,
      id: exportId(serial, randomBytes(4).toString('hex')),
      name: row.metadata.wire_name,
      device,
    });
    deps.log.info({ volumeId, ...writerOf(row), export: row.metadata.wire_name }, 'export built up again');
  } catch (error) {
    await setExportStatus(deps.db, volumeId, 'failed');
    throw error;
  }
}

async function sweep(deps: ExportsDeps, exclusively: Exclusively): Promise<void> {
  const rows = await listExports(deps.db);
  for (const row of rows) {
    if (await isLive(deps.db, writerOf(row))) continue;
    await exclusively(row.volumeId, () => endIfStale(deps, row)).catch((error: unknown) => ignoreBusy(deps, error));
  }
  await endUnknown(deps);
}

async function endIfStale(deps: ExportsDeps, seen: ExportRecord): Promise<void> {
  const row = await findExport(deps.db, seen.volumeId);
  if (row === undefined || (await isLive(deps.db, writerOf(row)))) return;
  await endExport(deps, row.volumeId);
  deps.log.info({ volumeId: row.volumeId, ...writerOf(row) }, 'export of an ended job closed');
}

/** Exports without a row: the row went with its replication job or its context, the writer must go too. */
async function endUnknown(deps: ExportsDeps): Promise<void> {
  const process = await deps.storage().ready();
  for (const { serial } of await listServed(process)) {
    await deps.lock
      .run(serial, async () => {
        const known = (await listExports(deps.db)).some((row) => serialOf(row.volumeId) === serial);
        if (known) return;
        await removeExport(process, serial);
        deps.log.warn({ serial }, 'export without a row closed');
      })
      .catch((error: unknown) => ignoreBusy(deps, error));
  }
}

/** Another operation has the volume; the next sweep comes soon. */
function ignoreBusy(deps: ExportsDeps, error: unknown): void {
  if (error instanceof AppError && error.code === 'volume.busy') return;
  deps.log.warn({ error: describeError(toAppError(error)) }, 'export not closed');
}
