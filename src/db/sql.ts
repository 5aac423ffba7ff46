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

/** Of the values of one statement, in characters: far below what a server takes (max_allowed_packet, 16 MiB). */
const STATEMENT_CHARACTERS = 1_000_000;

/**
 * Inserts all rows in one statement, or in a few when they are long. `columns` names each column with what its place
 * holds: `?` takes the next value of the row, anything else is SQL and the same for every row. Nothing happens without
 * rows.
 */
export async function insertAll(
  db: Knex,
  into: { readonly table: string; readonly columns: Readonly<Record<string, string>> },
  rows: readonly Cells[],
): Promise<void> {
  const row = `(${Object.values(into.columns).join(', ')})`;
  const names = Object.keys(into.columns).join(', ');
  for (const batch of batches(rows, (cells) => cells)) {
    const sql = `INSERT INTO ${into.table} (${names}) VALUES ${batch.map(() => row).join(', ')}`;
    await change(db, sql, batch.flat());
  }
}

/**
 * Gives each row values of its own, in one statement, or in a few when they are long. `key` is the primary key of the
 * table, so that only these rows are read and locked. All rows name the same columns; those of `common` get the same
 * SQL. Nothing happens without rows.
 */
export async function changeEach(
  db: Knex,
  where: { readonly table: string; readonly key: string; readonly common?: Readonly<Record<string, string>> },
  rows: ReadonlyMap<string | number, Readonly<Record<string, Knex.Value>>>,
): Promise<void> {
  const { table, key, common = {} } = where;
  for (const batch of batches([...rows], ([, cells]) => Object.values(cells))) {
    const keys = batch.map(([id]) => id);
    const cases = keys.map(() => 'WHEN ? THEN ?').join(' ');
    const columns = Object.keys(batch[0]?.[1] ?? {});
    const changes = [
      ...columns.map((column) => `${column} = CASE ${key} ${cases} END`),
      ...Object.entries(common).map(([column, sql]) => `${column} = ${sql}`),
    ];
    const values = columns.flatMap((column) => batch.flatMap(([id, cells]) => [id, cells[column] ?? null]));
    const sql = `UPDATE ${table} FORCE INDEX (PRIMARY) SET ${changes.join(', ')} WHERE ${key} IN (${places(keys)})`;
    await change(db, sql, [...values, ...keys]);
  }
}

/** Rows in their order, as many at a time as make a statement of bounded length; none of nothing. */
function batches<Row>(rows: readonly Row[], cellsOf: (row: Row) => Cells): Row[][] {
  const all: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    const length = cellsOf(row).reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
    if (length > room) {
      all.push([]);
      room = STATEMENT_CHARACTERS;
    }
    all.at(-1)?.push(row);
    room -= length;
  }
  return all;
}
