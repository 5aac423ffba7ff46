import type { Knex } from 'knex';

/** Rows of one SELECT. The caller names the columns' types as the session of db/knex.ts delivers them. */
export async function select<Row>(db: Knex, sql: string, bindings: readonly Knex.Value[] = []): Promise<Row[]> {
  const [rows] = (await db.raw(sql, [...bindings])) as [Row[]];
  return rows;
}

/** Runs one statement that writes. @returns how many rows it found */
export async function change(db: Knex, sql: string, bindings: readonly Knex.Value[] = []): Promise<number> {
  const [result] = (await db.raw(sql, [...bindings])) as [{ affectedRows: number }];
  return result.affectedRows;
}
