import { upstream } from '../../base/errors.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  /** All that match, not only this page. */
  readonly total: number;
  readonly next: string | null;
}

export interface Collected<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

interface Ask {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** The API's most. */
const PAGE_ROWS = 500;

/** Follows the cursor until `limit` rows are there or no more exist. @throws upstream `api.bad-answer` for a cursor that leads nowhere */
export async function collect<T>(limit: number, ask: (page: Ask) => Promise<Page<T>>): Promise<Collected<T>> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const wanted = Math.min(PAGE_ROWS, limit - rows.length);
    const page = await ask({ limit: wanted, cursor });
    rows.push(...page.rows.slice(0, wanted));
    if (page.next === null || rows.length >= limit) return { rows, total: page.total };
    // An end of the list that is none would go on for ever.
    if (page.next === cursor || page.rows.length === 0) {
      throw upstream('api.bad-answer', 'a list of the API does not end: a page leads to itself');
    }
    cursor = page.next;
  }
}
