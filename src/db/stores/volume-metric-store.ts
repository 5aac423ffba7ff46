import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** Figures of volume_operations. */

export interface OperationFigures {
  readonly type: string;
  readonly status: string;
  readonly count: number;
  /** From being asked for to the end, mean; null where none has ended. */
  readonly averageMs: number | null;
}

export async function operationFigures(db: Knex): Promise<OperationFigures[]> {
  const rows = await select<{ type: string; status: string; count: number; ms: number | string | null }>(
    db,
    `SELECT type, status, COUNT(*) AS count,
            AVG(TIMESTAMPDIFF(MICROSECOND, created_at, completed_at)) / 1000 AS ms
     FROM volume_operations GROUP BY type, status ORDER BY type, status`,
  );
  return rows.map(({ type, status, count, ms }) => ({
    type,
    status,
    count: Number(count),
    averageMs: ms === null ? null : Math.round(Number(ms)),
  }));
}

export interface VolumeFigures {
  readonly volumes: number;
  readonly mappings: number;
  readonly exports: number;
}

export async function volumeFigures(db: Knex): Promise<VolumeFigures> {
  const [row] = await select<Record<keyof VolumeFigures, number>>(
    db,
    `SELECT (SELECT COUNT(*) FROM ossea_volumes) AS volumes, (SELECT COUNT(*) FROM device_mappings) AS mappings,
            (SELECT COUNT(*) FROM nbd_exports) AS exports`,
  );
  return { volumes: Number(row?.volumes), mappings: Number(row?.mappings), exports: Number(row?.exports) };
}
