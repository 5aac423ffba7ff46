import { randomBytes } from 'node:crypto';
import { describeError } from '../base/errors.ts';
import { findExport, listExports, setExportStatus } from '../db/stores/nbd-export-store.ts';
import { attachedDevice } from './attached-device.ts';
import { addExport, exportId, listExports as listServed } from './block-exports.ts';
import { endExport } from './end-export.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { isLive, writerOf } from './holder.ts';
import { serialOf } from './serial.ts';

/** See VolumeExports.rebuild. */
export async function rebuildExports(deps: ExportsDeps, exclusively: Exclusively): Promise<void> {
  for (const { volumeId } of await listExports(deps.db, { vmId: await deps.ownVmId() })) {
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
    const device = await attachedDevice(deps, volumeId);
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
