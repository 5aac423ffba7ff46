import type { Knex } from '../../db/knex.ts';
import { copiesOf } from '../../db/stores/context-copy-store.ts';
import { groupsOf } from '../../db/stores/context-group-store.ts';
import { listContexts, type ContextFilter } from '../../db/stores/context-page-store.ts';
import { decodeCursor, nextCursor } from '../../http/cursor.ts';
import { presentContext, type ContextFacts } from '../present/vm-context.ts';

const LIMIT_DEFAULT = 1000;

export interface ContextPage extends Record<string, unknown> {
  readonly count: number;
  readonly vm_contexts: readonly Record<string, unknown>[];
  readonly next_cursor: string | null;
}

/** Five queries, whatever the number of VMs. */
export async function contextPage(
  db: Knex,
  filter: ContextFilter,
  at: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<ContextPage> {
  const limit = at.limit ?? LIMIT_DEFAULT;
  const [vmName, contextId] = decodeCursor(at.cursor, 2) ?? [];
  const after = vmName === undefined || contextId === undefined ? undefined : ([vmName, contextId] as const);
  const { total, rows } = await listContexts(db, { ...filter, limit, after });
  const facts = await factsOf(
    db,
    rows.map((row) => row.contextId),
  );
  return {
    count: total,
    vm_contexts: rows.map((row) => presentContext(row, facts)),
    next_cursor: nextCursor({ rows, limit }, (row) => [row.vmName, row.contextId]),
  };
}

/** What a list shows of its VMs besides their rows: three queries for all of them. */
export async function factsOf(db: Knex, contextIds: readonly string[]): Promise<ContextFacts> {
  const [groups, copies] = await Promise.all([groupsOf(db, contextIds), copiesOf(db, contextIds)]);
  return { groups, copies };
}
