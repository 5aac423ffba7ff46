import { AppError, describeError, toAppError } from '../base/errors.ts';
import { findExport, listExports, type ExportRecord } from '../db/stores/nbd-export-store.ts';
import { listExports as listServed, removeExport } from './block-exports.ts';
import { endExport } from './end-export.ts';
import type { Exclusively, ExportsDeps } from './export-deps.ts';
import { isLive, writerOf } from './holder.ts';
import { serialOf } from './serial.ts';

/** See VolumeExports.sweep. */
export async function sweepExports(deps: ExportsDeps, exclusively: Exclusively): Promise<void> {
  const rows = await listExports(deps.db, { vmId: await deps.ownVmId() });
  for (const row of rows) {
    if (await isLive(deps.db, writerOf(row))) continue;
    await exclusively(row.volumeId, () => endIfStale(deps, row)).catch((error: unknown) => ignoreBusy(deps, error));
  }
  await endUnknown(deps);
}

async function endIfStale(deps: ExportsDeps, seen: ExportRecord): Promise<void> {
  const row = await findExport(deps.db, seen.volumeId);
  if (row === undefined || row.metadata.vm_id !== seen.metadata.vm_id) return;
  if (await isLive(deps.db, writerOf(row))) return;
  await endExport(deps, row.volumeId);
  deps.log.info({ volumeId: row.volumeId, ...writerOf(row) }, 'export of an ended job closed');
}

/** Exports without a row: the row went with its replication job or its context, the writer must go too. */
async function endUnknown(deps: ExportsDeps): Promise<void> {
  const process = await deps.storage().ready();
  for (const { serial } of await listServed(process)) {
    await deps.lock
      .run(serial, async () => {
        const own = await listExports(deps.db, { vmId: await deps.ownVmId() });
        const known = own.some((row) => serialOf(row.volumeId) === serial);
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
