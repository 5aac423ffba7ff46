import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseConfig } from '../../../src/config/config.ts';
import { createDatabase, dropDatabase } from '../../../src/db/admin.ts';
import { openDatabase, type Knex } from '../../../src/db/knex.ts';
import { migrateDown, migrateLatest, migrationStatus } from '../../../src/db/migrate.ts';
import { testDatabaseServer } from '../../support/run-services.ts';
import { createStatements, readSchema } from '../../support/schema.ts';

const migrations = join(process.cwd(), 'migrations');
let config: DatabaseConfig;
let db: Knex;
beforeAll(async () => {
  config = { ...testDatabaseServer(), name: `t_${randomBytes(6).toString('hex')}`, poolMax: 4 };
  await createDatabase(config, config.name);
  db = openDatabase(config);
});
afterAll(async () => {
  await db.destroy();
  await dropDatabase(config, config.name);
});

describe('migrations', () => {
  test('several at once apply each file once; then up, down and up again give the same schema, and down leaves no table', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => migrateLatest(config, migrations)));
    const names = runs.flat();
    expect(runs.map((run) => run.length).toSorted((a, b) => a - b)).toEqual([0, 0, names.length]);
    expect(names).toEqual(names.toSorted());
    expect(await migrationStatus(config, migrations)).toEqual({ applied: names, pending: [] });
    const first = await createStatements(db);
    expect(first.length).toBeGreaterThan(30);

    expect(await migrateDown(config, migrations)).toEqual(names.toReversed());
    expect([...(await readSchema(db)).columns.keys()]).toEqual(['schema_migrations', 'schema_migrations_lock']);

    await migrateLatest(config, migrations);
    expect(await createStatements(db)).toEqual(first);
  });

  test('a migration that was cut off, with its lock left behind, is completed by the next run', async () => {
    await migrateLatest(config, migrations);
    const whole = await createStatements(db);
    // As after a kill between the statements of the last files and their bookkeeping.
    const last = (await migrationStatus(config, migrations)).applied.slice(-8);
    await db('schema_migrations').whereIn('name', last).del();
    await db('schema_migrations_lock').update({ is_locked: 1 });
    expect(await migrateLatest(config, migrations)).toEqual(last);
    expect(await createStatements(db)).toEqual(whole);
  });

  test('every single file may be applied again over its own result', async () => {
    const whole = await createStatements(db);
    await db('schema_migrations').del();
    await migrateLatest(config, migrations);
    expect(await createStatements(db)).toEqual(whole);
  });

  test('a file that exports no up and down is refused, and an applied file that vanished is noticed', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'mk-migrations-'));
    const name = `t_${randomBytes(6).toString('hex')}`;
    await createDatabase(config, name);
    try {
      const own = { ...config, name };
      await writeFile(join(dir, '20260101T0001-empty.ts'), 'export const nothing = 1;\n');
      await expect(migrateLatest(own, dir)).rejects.toThrow(/20260101T0001-empty\.ts exports no up and down/);
      await rm(join(dir, '20260101T0001-empty.ts'));
      await writeFile(
        join(dir, '20260101T0002-a.ts'),
        'export const up = (knex) => knex.raw("select 1");\nexport const down = up;\n',
      );
      expect(await migrateLatest(own, dir)).toEqual(['20260101T0002-a.ts']);
      await rm(join(dir, '20260101T0002-a.ts'));
      await expect(migrateLatest(own, dir)).rejects.toMatchObject({
        code: 'db.schema-newer',
        details: { text: expect.stringContaining('20260101T0002-a.ts') },
      });
    } finally {
      await dropDatabase(config, name);
      await rm(dir, { recursive: true, force: true });
    }
  });
});
