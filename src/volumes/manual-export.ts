import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { conflict } from '../base/errors.ts';
import { inTransaction } from '../db/knex.ts';
import { moveMapping } from '../db/stores/device-mapping-store.ts';
import {
  exportNameOf,
  findExport,
  savePendingExport,
  setExportStatus,
  type ExportRecord,
} from '../db/stores/nbd-export-store.ts';
import { distrustContents, markExported } from '../db/stores/volume-store.ts';
import { invariant } from '../base/invariant.ts';
import { attachedDevice } from './attached-device.ts';
import { addExport, exportId } from './block-exports.ts';
import type { Device } from './device.ts';
import type { ExportsDeps } from './export-deps.ts';
import { portOf, urisOf } from './export-uris.ts';
import { serialOf } from './serial.ts';

/** What a person asks for; the words are kept with the export and used for nothing. */
export interface ManualExport {
  readonly volumeId: string;
  /** Which device the person believes that it is; the volume alone decides. */
  readonly devicePath: string | undefined;
  readonly readOnly: boolean;
  readonly vmName: string | null;
  readonly vmId: string | null;
  readonly diskNumber: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Serves a volume for a person, until somebody closes it or a job opens the volume. The caller holds the volume's lock
 * and has ended whatever was open. One that may be written to is never believed again: its next copy is a full one.
 * @throws conflict `export.not-attached`, `export.other-device`; what resolveDevice and addExport throw.
 */
export async function openByHand(deps: ExportsDeps, wanted: ManualExport): Promise<ExportRecord> {
  const { db } = deps;
  const { volumeId, readOnly } = wanted;
  const device = await attachedDevice(deps, volumeId);
  await assertSameDevice(wanted, device);
  const serial = serialOf(volumeId);
  const nonce = randomBytes(4).toString('hex');
  const name = `${exportNameOf(volumeId)}.hand.${nonce}`;
  const { listener } = deps.storage();
  const vmId = await deps.ownVmId();
  const metadata = {
    wire_name: name,
    uris: urisOf(listener, name),
    job_id: '',
    epoch: 0,
    size_bytes: device.sizeBytes,
    ...(vmId === undefined ? {} : { vm_id: vmId }),
    by_hand: {
      read_only: readOnly,
      vm_name: wanted.vmName,
      vm_id: wanted.vmId,
      disk_number: wanted.diskNumber,
      metadata: wanted.metadata,
    },
  };
  await inTransaction(db, async (trx) => {
    if (!readOnly) {
      await markExported(trx, volumeId);
      await distrustContents(trx, volumeId, 'the volume was opened for writing by hand');
    }
    await moveMapping(trx, volumeId, device.path);
    await savePendingExport(trx, { volumeId, devicePath: device.path, port: portOf(listener), metadata });
  });
  try {
    const process = await deps.storage().ready();
    await addExport(process, { serial, id: exportId(serial, nonce), name, device, overlayPath: null, readOnly });
    await setExportStatus(db, volumeId, 'active');
  } catch (error) {
    await setExportStatus(db, volumeId, 'failed').catch(() => undefined);
    throw error;
  }
  deps.log.warn({ volumeId, export: name, device: device.path, readOnly }, 'export opened by hand');
  const row = await findExport(db, volumeId);
  invariant(row !== undefined, 'the row of an export that was just opened is there');
  return row;
}

async function assertSameDevice({ devicePath, volumeId }: ManualExport, device: Device): Promise<void> {
  if (devicePath === undefined) return;
  const meant = await realpath(devicePath).catch(() => devicePath);
  if (meant === device.path) return;
  throw conflict('export.other-device', `volume ${volumeId} is ${device.path}, not ${devicePath}`, {
    details: { volumeId, devicePath: device.path, asked: devicePath },
    hint: 'letters of disks change: leave device_path out, the volume is found by its serial',
  });
}
