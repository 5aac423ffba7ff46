import type { Knex } from '../../src/db/knex.ts';

/** What a database says of itself, for comparison with what it should be. */

export interface LiveColumn {
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  readonly key: string;
  readonly extra: string;
}

export interface LiveSchema {
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, LiveColumn>>;
  /** `table.column -> table.column on delete RULE` */
  readonly foreignKeys: ReadonlySet<string>;
  /** `table(column,column)`, columns sorted */
  readonly uniqueKeys: ReadonlySet<string>;
  readonly views: ReadonlySet<string>;
}

export async function readSchema(db: Knex): Promise<LiveSchema> {
  const columns = new Map<string, Map<string, LiveColumn>>();
  for (const row of await rowsOf(
    db,
    `select table_name as t, column_name as c, column_type as type, is_nullable as n, column_default as d,
       column_key as k, extra as e
     from information_schema.columns where table_schema = database() order by table_name, ordinal_position`,
  )) {
    const table = columns.get(text(row['t'])) ?? new Map<string, LiveColumn>();
    columns.set(text(row['t']), table);
    table.set(text(row['c']), {
      type: text(row['type']),
      nullable: row['n'] === 'YES',
      default: row['d'] === null || row['d'] === 'NULL' ? null : text(row['d']).replace(/^'|'$/g, ''),
      key: text(row['k']),
      extra: text(row['e']).toLowerCase(),
    });
  }
  const foreignKeys = await rowsOf(
    db,
    `select concat(k.table_name, '.', k.column_name, ' -> ', k.referenced_table_name, '.', k.referenced_column_name,
       ' on delete ', r.delete_rule) as line
     from information_schema.key_column_usage k
     join information_schema.referential_constraints r on r.constraint_schema = k.constraint_schema
       and r.constraint_name = k.constraint_name and r.table_name = k.table_name
     where k.table_schema = database() and k.referenced_table_name is not null`,
  );
  const uniqueKeys = await rowsOf(
    db,
    `select concat(table_name, '(', group_concat(column_name order by column_name), ')') as line
     from information_schema.statistics where table_schema = database() and non_unique = 0
     group by table_name, index_name`,
  );
  const views = await rowsOf(
    db,
    'select table_name as line from information_schema.views where table_schema = database()',
  );
  return { columns, foreignKeys: lines(foreignKeys), uniqueKeys: lines(uniqueKeys), views: lines(views) };
}

/** Every `create` statement of the database, in one order: two equal lists are two equal schemas. */
export async function createStatements(db: Knex): Promise<string[]> {
  const tables = await rowsOf(db, 'show full tables');
  const names = tables.map((row) => Object.values(row).map(text)).filter(([name]) => !name?.startsWith('schema_'));
  const statements = names.map(async ([name, type]) => {
    const [shown] = await rowsOf(db, `show create table \`${name ?? ''}\``);
    return text(shown?.[type === 'VIEW' ? 'Create View' : 'Create Table']);
  });
  return (await Promise.all(statements)).sort();
}

const lines = (rows: Record<string, unknown>[]): Set<string> => new Set(rows.map((row) => text(row['line'])));

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function rowsOf(db: Knex, sql: string): Promise<Record<string, unknown>[]> {
  const [rows] = (await db.raw(sql)) as [Record<string, unknown>[]];
  return rows;
}
