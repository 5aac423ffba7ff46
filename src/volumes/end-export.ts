import { deleteExportRow } from '../db/stores/nbd-export-store.ts';
import { removeExport } from './block-exports.ts';
import type { ExportsDeps } from './export-deps.ts';
import { serialOf } from './serial.ts';

/** Cuts every writer of the volume off and forgets its export; the caller holds the volume's lock. */
export async function endExport(deps: ExportsDeps, volumeId: string): Promise<void> {
  await removeExport(await deps.storage().ready(), serialOf(volumeId));
  await deleteExportRow(deps.db, volumeId);
}
