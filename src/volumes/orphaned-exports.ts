import { counted } from '../base/counted.ts';
import type { Knex } from 'knex';
import { AppError, toAppError } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import { findMapping, type DeviceMapping } from '../db/stores/device-mapping-store.ts';
import { listExports, type ExportRecord } from '../db/stores/nbd-export-store.ts';
import { findVolumeRow } from '../db/stores/volume-store.ts';
import type { VolumeExports } from './exports.ts';
import { isWanted } from './holder.ts';

/** Exports that nobody needs, with the reasons, and their end. */

export interface Orphan {
  readonly volumeId: string;
  readonly exportName: string;
  readonly reasons: readonly string[];
}

export interface Removal extends Orphan {
  readonly removed: boolean;
  /** Why it was not, although that was asked for. */
  readonly error: string | null;
}

/** Of the exports of one OMA VM; undefined: there is none, and all are here. */
export async function orphanedExports(db: Knex, vmId: string | undefined): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  for (const row of await listExports(db, { vmId })) {
    const { volumeId, exportName } = row;
    const reasons = await reasonsOf(db, row);
    if (reasons.length > 0) orphans.push({ volumeId, exportName, reasons });
  }
  return orphans;
}

async function reasonsOf(db: Knex, row: ExportRecord): Promise<string[]> {
  const mapping = await findMapping(db, row.volumeId);
  const reasons = mapping === undefined ? ['no device mapping'] : mappingReasons(mapping);
  if ((await findVolumeRow(db, row.volumeId)) === undefined) reasons.push('no volume of ours');
  if (!(await isWanted(db, row))) reasons.push('its job has ended');
  return reasons;
}

function mappingReasons({ mode, linuxState }: DeviceMapping): string[] {
  const reasons: string[] = [];
  if (mode !== 'oma') reasons.push('attached to another VM');
  if (linuxState === 'missing') reasons.push('its device is absent');
  return reasons;
}

/** Those that were opened longer ago than this. */
export async function agedExports(db: Knex, vmId: string | undefined, maxAgeHours: number): Promise<Orphan[]> {
  const rows = await listExports(db, { vmId });
  const before = Date.now() - maxAgeHours * HOUR;
  return rows
    .filter((row) => row.updatedAt.getTime() < before)
    .map(({ volumeId, exportName }) => ({
      volumeId,
      exportName,
      reasons: [`older than ${counted(maxAgeHours, 'hour')}`],
    }));
}

/** Ends them, one by one; one that a running job writes to stays, and says so. */
export async function removeOrphans(
  exports: Pick<VolumeExports, 'exclusively' | 'drop'>,
  orphans: readonly Orphan[],
): Promise<Removal[]> {
  const removals: Removal[] = [];
  for (const orphan of orphans) {
    const { volumeId } = orphan;
    try {
      await exports.exclusively(volumeId, () => exports.drop(volumeId, undefined));
      removals.push({ ...orphan, removed: true, error: null });
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const { code, message } = toAppError(thrown);
      removals.push({ ...orphan, removed: false, error: `${message} (${code})` });
    }
  }
  return removals;
}
