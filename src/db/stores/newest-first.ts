import type { Model, QueryBuilder } from 'objection';

/** Where a page begins: creation time and id of the last row of the page before. */
export interface After {
  readonly createdAt: Date;
  readonly id: string;
}

/** One page of a table with created_at and id, newest first. The id decides between rows of one moment. */
export function newestFirst<M extends Model>(
  page: QueryBuilder<M>,
  at: { readonly limit: number; readonly after?: After | undefined },
): void {
  void page
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(at.limit);
  if (at.after === undefined) return;
  const { createdAt, id } = at.after;
  void page.where('created_at', '<=', createdAt).whereRaw('(created_at < ? or id < ?)', [createdAt, id]);
}
