import { createConnection, type Connection } from 'mysql2/promise';
import { invariant } from '../base/invariant.ts';
import { SECOND } from '../base/units.ts';
import type { Secret } from '../config/secrets.ts';
import { toDatabaseError } from './errors.ts';

/** Work on a database server as a whole: is it there, make a database, make a user. */

export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
}

export interface NewUser {
  readonly user: string;
  /** From where the user may come: `127.0.0.1`, `%`. */
  readonly userHost: string;
  readonly password: Secret;
  /** Database to make; the user may do everything in it. */
  readonly name?: string;
}

const CONNECT_WITHIN_MS = 5 * SECOND;

/** Resolves when the server let us in and answered. @throws as toDatabaseError: `db.unreachable`, `db.access-denied`, ... */
export async function probeDatabase(server: DatabaseServer): Promise<void> {
  await withConnection(server, (connection) => connection.query('select 1'));
}

/** Makes user and database where they are missing, and sets the user's password. Safe to repeat. */
export async function createDatabaseAndUser(server: DatabaseServer, what: NewUser): Promise<void> {
  const account = [what.user, what.userHost];
  await withConnection(server, async (connection) => {
    await connection.query('create user if not exists ?@?', account);
    await connection.query('alter user ?@? identified by ?', [...account, what.password.reveal()]);
    if (what.name === undefined) return;
    await createOn(connection, what.name);
    // In a grant, _ and % of a database's name are wildcards.
    const pattern = what.name.replace(/_/g, '\\_');
    await connection.query(`grant all privileges on \`${pattern}\`.* to ?@?`, account);
  });
}

/** Makes the database where it is missing. */
export async function createDatabase(server: DatabaseServer, name: string): Promise<void> {
  await withConnection(server, (connection) => createOn(connection, name));
}

/** Removes the database with all that is in it, if it exists. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await withConnection(server, (connection) => connection.query(`drop database if exists ${quoted(name)}`));
}

async function createOn(connection: Connection, name: string): Promise<void> {
  await connection.query(
    `create database if not exists ${quoted(name)} character set utf8mb4 collate utf8mb4_unicode_ci`,
  );
}

function quoted(name: string): string {
  invariant(/^\w{1,64}$/.test(name), 'the name of a database is letters, digits and underscores');
  return `\`${name}\``;
}

async function withConnection<T>(server: DatabaseServer, work: (connection: Connection) => Promise<T>): Promise<T> {
  let connection: Connection | undefined;
  try {
    connection = await createConnection({
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password.reveal(),
      charset: 'utf8mb4_unicode_ci',
      connectTimeout: CONNECT_WITHIN_MS,
    });
    return await work(connection);
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    connection?.destroy();
  }
}
