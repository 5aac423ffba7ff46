import { z } from 'zod';
import { invalidRequest, type AppError } from '../base/errors.ts';

/** Where a page of a list ended, opaque to clients: the sort key of its last row. */

const Key = z.array(z.string().max(300)).min(1).max(3);

function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws invalidRequest `request.invalid` for a cursor that is not one of ours */
export function decodeCursor(cursor: string | undefined, parts: number): string[] | undefined {
  if (cursor === undefined) return undefined;
  const parsed = Key.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success && parsed.data.length === parts) return parsed.data;
  throw badCursor();
}

const badCursor = (): AppError =>
  invalidRequest('request.invalid', 'the cursor is not one of this list', {
    details: { errors: [{ path: 'cursor', message: 'is not the next_cursor of a page of this list' }] },
    hint: 'start again without a cursor',
  });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The cursor of the page after this one; null when it was not full. */
export function nextCursor<T>(
  page: { readonly rows: readonly T[]; readonly limit: number },
  keyOf: (row: T) => readonly string[],
): string | null {
  const last = page.rows.at(-1);
  return last === undefined || page.rows.length < page.limit ? null : encodeCursor(keyOf(last));
}

interface Dated {
  readonly createdAt: Date;
  readonly id: string;
}

/** Paging of jobs, newest first: the sort key is the time of creation, then the id. */
export function newestFirst(
  limit: number,
  cursor: string | undefined,
): { readonly after: Dated | undefined; readonly next: (rows: readonly Dated[]) => string | null } {
  const [time, id] = decodeCursor(cursor, 2) ?? [];
  const createdAt = new Date(time ?? 0);
  if (Number.isNaN(createdAt.getTime())) throw badCursor();
  return {
    after: id === undefined ? undefined : { createdAt, id },
    next: (rows) => nextCursor({ rows, limit }, (row) => [row.createdAt.toISOString(), row.id]),
  };
}
