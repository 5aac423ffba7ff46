import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readSchema, type LiveColumn, type LiveSchema } from '../../support/schema.ts';

interface SeedColumn {
  readonly type: string;
  readonly notNull?: boolean;
  readonly primary?: boolean;
  readonly unique?: boolean;
  readonly onUpdate?: boolean;
  readonly autoIncrement?: boolean;
  readonly default?: string;
}
interface Seed {
  readonly tables: Record<string, Record<string, SeedColumn>>;
  readonly namedColumns: Record<string, string[]>;
  readonly foreignKeys: [table: string, column: string, toTable: string, toColumn: string, rule: string][];
  readonly uniqueKeys: [table: string, columns: string[]][];
  readonly views: string[];
}

const seed = JSON.parse(readFileSync(join(process.cwd(), 'test/fixtures/seed-schema.json'), 'utf8')) as Seed;
let database: TestDatabase;
let live: LiveSchema;
beforeAll(async () => {
  database = await createTestDatabase();
  live = await readSchema(database.knex);
});
afterAll(() => database[Symbol.asyncDispose]());

/** Wider is fine; another kind of type is not. */
function fits(want: string, have: string): boolean {
  const length = (type: string): number => Number(/\((\d+)\)/.exec(type)?.[1] ?? 0);
  if (want.startsWith('varchar')) {
    return /text$/.test(have) || (have.startsWith('varchar') && length(have) >= length(want));
  }
  if (want.startsWith('enum')) {
    const values = (type: string): string[] => type.match(/'[^']*'/g) ?? [];
    return have.startsWith('enum') && values(want).every((value) => values(have).includes(value));
  }
  const kinds: Record<string, RegExp> = {
    int: /^(int|bigint)/,
    bigint: /^bigint/,
    text: /text$/,
    boolean: /^tinyint\(1\)/,
    timestamp: /^(timestamp|datetime)/,
  };
  return kinds[want]?.test(have) ?? have === want;
}

function sameDefault(want: string, have: string | null): boolean {
  if (have === null) return false;
  const value = want === 'false' ? '0' : want;
  if (/^(uuid|current_timestamp)/.test(value)) return have.toLowerCase().startsWith(value.replace(/\(.*/, ''));
  return have === value || (have !== '' && Number(have) === Number(value));
}

function faultsOf(want: SeedColumn, have: LiveColumn | undefined): string[] {
  if (have === undefined) return ['missing'];
  const faults: [boolean, string][] = [
    [fits(want.type, have.type), `type ${have.type} instead of ${want.type}`],
    [!(want.notNull === true && have.nullable), 'may be null'],
    [want.notNull === true || have.nullable || have.default !== null, 'must be given, the seed lets it be absent'],
    [want.default === undefined || sameDefault(want.default, have.default), `default ${have.default}`],
    [want.primary !== true || have.key === 'PRI', 'not the primary key'],
    [want.unique !== true || ['UNI', 'PRI'].includes(have.key), 'not unique'],
    [want.onUpdate !== true || have.extra.includes('on update'), 'not set on update'],
    [want.autoIncrement !== true || have.extra.includes('auto_increment'), 'does not count'],
  ];
  return faults.filter(([holds]) => !holds).map(([, fault]) => fault);
}

describe('schema', () => {
  test.each(Object.entries(seed.tables))('%s has every column of the seed, as the seed says', (table, columns) => {
    const faults = Object.entries(columns).flatMap(([name, want]) =>
      faultsOf(want, live.columns.get(table)?.get(name)).map((fault) => `${table}.${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  test.each(Object.entries(seed.namedColumns))('%s has every column that the seeds name', (table, columns) => {
    expect([...(live.columns.get(table)?.keys() ?? [])]).toEqual(expect.arrayContaining(columns));
  });

  test('every foreign key of the seeds is enforced with its rule', () => {
    const wanted = seed.foreignKeys.map(([t, c, toT, toC, rule]) => `${t}.${c} -> ${toT}.${toC} on delete ${rule}`);
    expect([...live.foreignKeys]).toEqual(expect.arrayContaining(wanted));
  });

  test('every unique key of the seeds is there', () => {
    const wanted = seed.uniqueKeys.map(([table, columns]) => `${table}(${columns.toSorted().join(',')})`);
    expect([...live.uniqueKeys]).toEqual(expect.arrayContaining(wanted));
  });

  test('every view of the seeds can be read', async () => {
    expect([...live.views]).toEqual(expect.arrayContaining(seed.views));
    for (const view of seed.views) expect(await database.knex(view).select()).toEqual([]);
  });

  test('a path of a device may be used twice: letters are given out again', () => {
    expect([...live.uniqueKeys]).not.toContain('device_mappings(device_path)');
  });

  test('the comparison finds what is wrong', () => {
    const good: LiveColumn = { type: 'varchar(64)', nullable: false, default: 'x', key: 'PRI', extra: '' };
    expect(faultsOf({ type: 'varchar(64)', notNull: true, primary: true, default: 'x' }, good)).toEqual([]);
    const bad: LiveColumn = { type: 'varchar(63)', nullable: true, default: 'y', key: '', extra: '' };
    expect(
      faultsOf({ type: 'varchar(64)', notNull: true, primary: true, unique: true, default: 'x', onUpdate: true }, bad),
    ).toHaveLength(6);
    expect(faultsOf({ type: 'int' }, undefined)).toEqual(['missing']);
  });
});
