import { counted } from '../../base/counted.ts';
import type { Knex } from '../../db/knex.ts';
import { listFailovers } from '../../db/stores/failover-store.ts';
import type { FailoverStatus } from '../../domain/failover/status.ts';
import { decodeCursor, nextCursor } from '../../http/cursor.ts';
import { presentFailover, rollbackStatuses } from './present.ts';

const LIMIT_DEFAULT = 100;

export interface FailoverQuery {
  readonly type?: 'live' | 'test' | undefined;
  readonly status?: FailoverStatus | undefined;
  readonly vm_id?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** A page of failovers, newest first. @throws invalidRequest `request.invalid`: not a cursor of this list */
export async function failoverPage(db: Knex, query: FailoverQuery): Promise<Record<string, unknown>> {
  const limit = query.limit ?? LIMIT_DEFAULT;
  const [last] = decodeCursor(query.cursor, 1) ?? [];
  const beforeId = last === undefined ? undefined : Number(last) || 0;
  const { total, rows } = await listFailovers(db, {
    type: query.type,
    status: query.status,
    vm: query.vm_id,
    limit,
    beforeId,
  });
  const rollbacks = await rollbackStatuses(db, rows);
  return {
    success: true,
    message: counted(total, 'failover'),
    data: rows.map((row) => presentFailover(row, rollbacks)),
    total,
    next_cursor: nextCursor({ rows, limit }, (row) => [String(row.id)]),
  };
}
