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

/** `?, ?, ?`: as many places as there are values. */
export const places = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

type Cells = readonly Knex.Value[];

/**
 * Inserts all rows in one statement. `columns` names each column with what its place holds: `?` takes the next value of
 * the row, anything else is SQL and the same for every row. Nothing happens without rows.
 */
export async function insertAll(
  db: Knex,
  into: { readonly table: string; readonly columns: Readonly<Record<string, string>> },
  rows: readonly Cells[],
): Promise<void> {
  if (rows.length === 0) return;
  const row = `(${Object.values(into.columns).join(', ')})`;
  const names = Object.keys(into.columns).join(', ');
  const sql = `INSERT INTO ${into.table} (${names}) VALUES ${rows.map(() => row).join(', ')}`;
  await change(db, sql, rows.flat());
}

/**
 * Gives each row values of its own, in one statement. `key` is the primary key of the table, so that only these rows
 * are read and locked. All rows name the same columns; those of `common` get the same SQL. Nothing happens without rows.
 */
export async function changeEach(
  db: Knex,
  where: { readonly table: string; readonly key: string; readonly common?: Readonly<Record<string, string>> },
  rows: ReadonlyMap<string | number, Readonly<Record<string, Knex.Value>>>,
): Promise<void> {
  const [first] = rows.values();
  if (first === undefined) return;
  const { table, key, common = {} } = where;
  const keys = [...rows.keys()];
  const cases = keys.map(() => 'WHEN ? THEN ?').join(' ');
  const columns = Object.keys(first);
  const changes = [
    ...columns.map((column) => `${column} = CASE ${key} ${cases} END`),
    ...Object.entries(common).map(([column, sql]) => `${column} = ${sql}`),
  ];
  const values = columns.flatMap((column) => [...rows].flatMap(([id, row]) => [id, row[column] ?? null]));
  const sql = `UPDATE ${table} FORCE INDEX (PRIMARY) SET ${changes.join(', ')} WHERE ${key} IN (${places(keys)})`;
  await change(db, sql, [...values, ...keys]);
}
