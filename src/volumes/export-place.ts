import { conflict } from '../base/errors.ts';
import type { ExportRecord } from '../db/stores/nbd-export-store.ts';
import { listOmaVms } from '../db/stores/oma-vm-store.ts';
import type { ExportsDeps } from './export-deps.ts';

/**
 * Only the daemon that serves an export can cut its writer off: another one that forgot the row would open the volume
 * to a second writer. An OMA VM that is registered no more has no daemon either.
 * @throws conflict `export.elsewhere`
 */
export async function assertHere({ db, ownVmId }: ExportsDeps, row: ExportRecord): Promise<void> {
  const { vm_id: vmId } = row.metadata;
  const own = await ownVmId();
  if (vmId === undefined || own === undefined || vmId === own) return;
  const other = (await listOmaVms(db)).find((vm) => vm.vmId === vmId);
  if (other === undefined) return;
  throw conflict('export.elsewhere', `the volume daemon of ${other.name} serves volume ${row.volumeId}`, {
    details: { volumeId: row.volumeId, vmId },
    hint: 'ask that daemon to detach the volume first',
  });
}
