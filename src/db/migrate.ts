import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { type AppError, conflict, precondition } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { openDatabase } from './knex.ts';

/**
 * Brings the schema to the version of this program. The database commits at every DDL statement, so a migration is
 * not atomic: each holds one statement, or guards each of its statements, and can run again after it was cut off.
 */

const TABLE = 'schema_migrations';
const FILE = /^\d{8}T\d{4}-[a-z0-9-]+\.ts$/;
/** A second `migrate` waits for the first; longer than any migration we ship. */
const LOCK_WITHIN_S = 60;

export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Applies what is pending in `dir`, oldest first, and returns the names. Several may run at once: one works, the
 * others wait and find nothing to do.
 * @throws conflict `db.migration-running` after 60 s; precondition `db.schema-newer` when an applied file is missing.
 */
export function migrateLatest(config: DatabaseConfig, dir: string): Promise<string[]> {
  return alone(config, async (db) => namesOf(await db.migrate.latest(migratorOf(dir))));
}

/** Takes back everything, newest first: all data is lost. Returns the names. */
export function migrateDown(config: DatabaseConfig, dir: string): Promise<string[]> {
  return alone(config, async (db) => namesOf(await db.migrate.rollback(migratorOf(dir), true)));
}

export async function migrationStatus(config: DatabaseConfig, dir: string): Promise<MigrationStatus> {
  const db = openDatabase(config);
  try {
    const [applied, pending] = (await db.migrate.list(migratorOf(dir))) as [{ name: string }[], { file: string }[]];
    return { applied: applied.map((row) => row.name), pending: pending.map((entry) => entry.file) };
  } finally {
    await db.destroy();
  }
}

interface Migration {
  readonly file: string;
}

class Source implements Knex.MigrationSource<Migration> {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async getMigrations(): Promise<Migration[]> {
    const files = await readdir(this.#dir);
    return files
      .filter((file) => FILE.test(file))
      .sort()
      .map((file) => ({ file }));
  }

  getMigrationName({ file }: Migration): string {
    return file;
  }

  async getMigration({ file }: Migration): Promise<Knex.Migration> {
    // A path and not a file URL: Jest turns this import into a require. These three would be read as parts of a URL.
    const path = join(this.#dir, file).replace(/[%?#]/g, encodeURIComponent);
    const loaded: unknown = await import(path);
    invariant(isMigration(loaded), `${file} exports no up and down`);
    return loaded;
  }
}

function isMigration(loaded: unknown): loaded is Knex.Migration {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'up' in loaded &&
    typeof loaded.up === 'function' &&
    'down' in loaded &&
    typeof loaded.down === 'function'
  );
}

function migratorOf(dir: string): Knex.MigratorConfig {
  return {
    migrationSource: new Source(dir),
    tableName: TABLE,
    // DDL commits by itself; a transaction around it would only pretend.
    disableTransactions: true,
  };
}

/**
 * One `migrate` at a time, by a lock that the server gives back when its holder dies. knex's own lock is a row that a
 * killed process leaves behind, and two first starts can both write it: under our lock it may always be cleared.
 * Source: knex issues #2125, #3538.
 */
async function alone<T>(config: DatabaseConfig, work: (db: Knex) => Promise<T>): Promise<T> {
  // One connection holds the lock while another one works.
  const db = openDatabase({ ...config, poolMax: Math.max(2, config.poolMax) }, { statementTimeoutMs: 0 });
  // Names of locks are shared by all databases of a server and have at most 64 characters.
  const lock = `migratekit-${createHash('sha256').update(config.name).digest('hex').slice(0, 40)}`;
  try {
    return await db.transaction(async (holder) => {
      await take(holder, lock);
      try {
        await db.migrate.forceFreeMigrationsLock({ tableName: TABLE });
        return await work(db);
      } catch (error) {
        throw isForeignSchema(error) ? schemaNewer(error) : error;
      } finally {
        await holder.raw('select release_lock(?)', [lock]);
      }
    });
  } finally {
    await db.destroy();
  }
}

async function take(holder: Knex.Transaction, lock: string): Promise<void> {
  const [rows] = (await holder.raw('select get_lock(?, ?) as taken', [lock, LOCK_WITHIN_S])) as [{ taken: number }[]];
  if (rows[0]?.taken === 1) return;
  throw conflict('db.migration-running', 'another migrate of this database is running', {
    hint: 'wait for it to end and start again',
  });
}

/** knex has no code for it: files that the database knows are not in our folder. */
function isForeignSchema(error: unknown): error is Error {
  return error instanceof Error && error.message.includes('migration directory is corrupt');
}

function schemaNewer(cause: Error): AppError {
  return precondition('db.schema-newer', 'another version of this program migrated the database', {
    hint: 'start the version that did, or a later one',
    details: { text: cause.message },
    cause,
  });
}

/** knex answers `[batch, files]`. */
function namesOf(answer: unknown): string[] {
  return Array.isArray(answer) && Array.isArray(answer[1]) ? answer[1].map(String) : [];
}
