import { decodeCursor, nextCursor } from '../../http/cursor.ts';

/** Pages of what CloudStack gave as a whole. */

interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Paging {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Without `limit`: what one answer may hold. */
const LIMIT_DEFAULT = 1000;

/** Names compared by their characters, so that the order is the same everywhere. */
const isAfter = (one: readonly [string, string], other: readonly [string, string]): boolean =>
  one[0] === other[0] ? one[1] > other[1] : one[0] > other[0];

/** Names can be longer than a cursor may be. */
const keyOf = ({ id, name }: Named): [string, string] => [name.slice(0, 200), id];

/** In the order of their names. */
export const byName = <T extends Named>(items: readonly T[]): T[] =>
  items.toSorted((one, other) => (isAfter(keyOf(one), keyOf(other)) ? 1 : -1));

/**
 * One page by name, and how many there are in all.
 * @throws invalidRequest `request.invalid` for a cursor that is not of this list
 */
export function pageByName<T extends Named>(
  items: readonly T[],
  { limit = LIMIT_DEFAULT, cursor }: Paging,
): { readonly total: number; readonly rows: T[]; readonly next: string | null } {
  const [name, id] = decodeCursor(cursor, 2) ?? [];
  const left = byName(items).filter((item) => name === undefined || isAfter(keyOf(item), [name, id ?? '']));
  const rows = left.slice(0, limit);
  return { total: items.length, rows, next: nextCursor({ rows, limit }, keyOf) };
}
