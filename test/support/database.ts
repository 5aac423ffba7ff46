import { randomBytes } from 'node:crypto';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseConfig } from '../../src/config/config.ts';
import { createDatabase, dropDatabase } from '../../src/db/admin.ts';
import { openDatabase, type Knex } from '../../src/db/knex.ts';
import { templateConfig, testDatabaseServer } from './run-services.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly knex: Knex;
  readonly config: DatabaseConfig;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A database of its own with the current schema and no rows. Dispose it: that closes the pool and drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = testDatabaseServer();
  const config: DatabaseConfig = { ...server, name: `t_${randomBytes(6).toString('hex')}`, poolMax: 10 };
  await createDatabase(server, config.name);
  await copySchema(templateConfig(), config);
  const knex = openDatabase(config);
  return {
    knex,
    config,
    async [Symbol.asyncDispose]() {
      await knex.destroy();
      await dropDatabase(server, config.name);
    },
  };
}

async function copySchema(from: DatabaseConfig, to: DatabaseConfig): Promise<void> {
  const source = await connect(from);
  const target = await connect(to);
  try {
    const [tables] = await source.query<RowDataPacket[]>('show full tables');
    const names = tables.map((row) => Object.values(row).map(String)) as [name: string, type: string][];
    const statements: string[] = [];
    // Tables first: a view needs what it reads. Views are ordered by nothing, so none may read another.
    for (const [name, type] of names.toSorted((a, b) => a[1].localeCompare(b[1]))) {
      const [shown] = await source.query<RowDataPacket[]>(`show create table \`${name}\``);
      const statement = String(shown[0]?.[type === 'VIEW' ? 'Create View' : 'Create Table']);
      statements.push(statement.replace(/ AUTO_INCREMENT=\d+/, ''));
    }
    await target.query(['set foreign_key_checks = 0', ...statements].join(';\n'));
    await target.query(
      `insert into schema_migrations select * from \`${from.name}\`.schema_migrations;
       insert into schema_migrations_lock select * from \`${from.name}\`.schema_migrations_lock`,
    );
  } finally {
    source.destroy();
    target.destroy();
  }
}

function connect(config: DatabaseConfig): Promise<Connection> {
  return createConnection({
    host: config.host,
    port: config.port,
    user: config.user,
    password: config.password.reveal(),
    database: config.name,
    charset: 'utf8mb4_unicode_ci',
    multipleStatements: true,
  });
}
