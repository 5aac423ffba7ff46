import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, precondition } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { Secret } from '../../config/secrets.ts';
import { createDatabaseAndUser, probeDatabase, type DatabaseServer } from '../../db/admin.ts';
import { onFreePort } from './free-port.ts';
import { makeShortFolder } from './short-folder.ts';
import { runToEnd, startServer, type ServerProcess } from './server-process.ts';

/**
 * A private MariaDB: data in a folder of ours, TCP on a free port of 127.0.0.1, random passwords that change with
 * every start and are never written to disk for longer than the start takes.
 */
export interface EmbeddedMariadb extends AsyncDisposable, DatabaseServer {
  readonly host: '127.0.0.1';
  readonly user: 'oma_user';
  readonly socket: string;
  /** Changes with restart(). */
  readonly pid: number;
  /** May create databases and users. */
  readonly root: DatabaseServer;
  /** Makes the database where it is missing and lets `oma_user` do everything in it. */
  createDatabase(name: string): Promise<void>;
  /** Stops when running, and starts again on the same port with the same passwords. */
  restart(): Promise<void>;
  /** The power cord; restart() brings it back. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MariadbOptions {
  /** Data and log live here and survive; a second start on the same folder finds its data. */
  readonly dir: string;
  /** More options of mariadbd, e.g. `{ 'debug-no-sync': 1 }`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

const APPLICATION_USER = 'oma_user';
const INSTALL_WITHIN_MS = 180 * SECOND;
const READY_WITHIN_MS = 120 * SECOND;
const STOP_WITHIN_MS = 30 * SECOND;
/** Source: unix(7): sun_path has 108 bytes, the last is a zero. */
const SOCKET_PATH_BYTES_MAX = 107;
const UNFINISHED = 'data.unfinished';
const SOCKET_NAME = 'mariadb.sock';

/** @throws upstream `embedded.not-started`. */
export async function startMariadb(options: MariadbOptions): Promise<EmbeddedMariadb> {
  const dir = options.dir;
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o700);
  await installData(dir);
  const socketDir = await shortDir(dir);
  try {
    const files = { dir, socket: join(socketDir, SOCKET_NAME), initFile: join(dir, 'init.sql') };
    const passwords = { root: newPassword(), application: newPassword() };
    const start = (port: number): Promise<ServerProcess> => startOn(port, { files, passwords, options });
    const { port, started } = await onFreePort(start);
    return await handle({ port, server: started, start, passwords, files });
  } catch (error) {
    await removeSocketDir(dir, socketDir);
    throw error;
  }
}

interface Files {
  readonly dir: string;
  readonly socket: string;
  readonly initFile: string;
}
interface Passwords {
  readonly root: Secret;
  readonly application: Secret;
}
interface Parts {
  readonly port: number;
  readonly server: ServerProcess;
  readonly start: (port: number) => Promise<ServerProcess>;
  readonly passwords: Passwords;
  readonly files: Files;
}

async function handle({ port, server: first, start, passwords, files }: Parts): Promise<EmbeddedMariadb> {
  let server = first;
  const root: DatabaseServer = { host: '127.0.0.1', port, user: 'root', password: passwords.root };
  const application = { user: APPLICATION_USER, userHost: '127.0.0.1', password: passwords.application };
  const stop = async (): Promise<void> => {
    await server.stop(STOP_WITHIN_MS);
    await removeSocketDir(files.dir, dirname(files.socket));
  };
  try {
    await createDatabaseAndUser(root, application);
  } catch (error) {
    await server.kill9();
    throw error;
  }
  return {
    host: '127.0.0.1',
    port,
    user: APPLICATION_USER,
    password: passwords.application,
    socket: files.socket,
    root,
    get pid() {
      return server.pid;
    },
    createDatabase: (name) => createDatabaseAndUser(root, { ...application, name }),
    async restart() {
      await server.stop(STOP_WITHIN_MS);
      server = await start(port);
    },
    kill9: () => server.kill9(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The data folder itself when a socket fits into its path, else a folder with a short name. */
async function shortDir(dir: string): Promise<string> {
  const fits = (folder: string): boolean => Buffer.byteLength(join(folder, SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX;
  if (fits(dir)) return dir;
  const short = await makeShortFolder('mk-db-');
  if (fits(short)) return short;
  await rm(short, { recursive: true });
  throw precondition('embedded.socket-path-too-long', `no socket fits into ${dir} or ${short}`, {
    hint: 'set TMPDIR to a shorter path',
  });
}

async function removeSocketDir(dir: string, socketDir: string): Promise<void> {
  if (socketDir !== dir) await rm(socketDir, { recursive: true, force: true });
}

/** Built beside and renamed: a start that died half way leaves nothing that looks finished. */
async function installData(dir: string): Promise<void> {
  const data = join(dir, 'data');
  if (existsSync(data)) return;
  await rm(join(dir, UNFINISHED), { recursive: true, force: true });
  const args = [
    '--no-defaults',
    // Relative: the script of MariaDB does not quote this path in all places.
    `--datadir=./${UNFINISHED}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--innodb-log-file-size=16M',
    ...asRoot(),
  ];
  const env = await ownTemporaryFolder(dir);
  const command = { program: 'mariadb-install-db', args, logFile: join(dir, 'install.log'), cwd: dir, env };
  await runToEnd(command, INSTALL_WITHIN_MS);
  await rename(join(dir, UNFINISHED), data);
}

/**
 * A starting MariaDB removes every `#sql*` file from its temporary folder as a leftover of its own. In a shared one it
 * takes the temporary tables of its neighbours, which then fail (seen with two installs side by side).
 */
async function ownTemporaryFolder(dir: string): Promise<{ readonly TMPDIR: string }> {
  const temporary = join(dir, 'tmp');
  await mkdir(temporary, { recursive: true });
  return { TMPDIR: temporary };
}

interface Start {
  readonly files: Files;
  readonly passwords: Passwords;
  readonly options: MariadbOptions;
}

async function startOn(port: number, { files, passwords, options }: Start): Promise<ServerProcess> {
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `--${name}=${value}`);
  const args = [
    '--no-defaults',
    `--datadir=${join(files.dir, 'data')}`,
    `--socket=${files.socket}`,
    `--pid-file=${join(files.dir, 'mariadbd.pid')}`,
    `--init-file=${files.initFile}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    '--max-connections=300',
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=16M',
    '--innodb-flush-log-at-trx-commit=1',
    ...asRoot(),
    ...settings,
  ];
  // Removed first, because an existing file would keep its mode.
  await rm(files.initFile, { force: true });
  await writeFile(files.initFile, rootPasswordSql(passwords.root), { mode: 0o600 });
  try {
    const root: DatabaseServer = { host: '127.0.0.1', port, user: 'root', password: passwords.root };
    return await startServer(
      { program: 'mariadbd', args, logFile: join(files.dir, 'mariadbd.log'), env: await ownTemporaryFolder(files.dir) },
      { isReady: () => answers(root), withinMs: READY_WITHIN_MS },
    );
  } finally {
    await rm(files.initFile, { force: true });
  }
}

/** The server runs its init file before it accepts a connection, so nobody ever meets a root without a password. */
function rootPasswordSql(password: Secret): string {
  const lines = ['localhost', '127.0.0.1'].flatMap((host) => [
    `CREATE USER IF NOT EXISTS 'root'@'${host}';`,
    `ALTER USER 'root'@'${host}' IDENTIFIED BY '${password.reveal()}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'${host}' WITH GRANT OPTION;`,
  ]);
  return `${[...lines, "DROP USER IF EXISTS 'root'@'::1';", "DROP USER IF EXISTS ''@'localhost';"].join('\n')}\n`;
}

async function answers(server: DatabaseServer): Promise<boolean> {
  try {
    await probeDatabase(server);
    return true;
  } catch (error) {
    // Access denied: another server may hold the port while ours finds it taken and exits, which ends the wait.
    if (error instanceof AppError && ['db.unreachable', 'db.access-denied'].includes(error.code)) return false;
    throw error;
  }
}

const newPassword = (): Secret => new Secret(randomBytes(24).toString('hex'));
const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);
