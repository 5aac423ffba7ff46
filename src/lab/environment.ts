import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../config/env.ts';

/** The settings of every process of a lab: the same variables that an operator would set (example.env). */

export interface LabEndpoints {
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly name: string;
  };
  readonly redisUrl: string;
  readonly apiPort: number;
  readonly vmaPort: number;
  readonly volumeDaemonPort: number;
  readonly nbdPort: number;
}

export interface LabFolders {
  readonly home: string;
  readonly dir: string;
  readonly runDir: string;
}

export interface LabSecrets {
  /** Seals credentials and signs sessions: 32 bytes in base64. */
  readonly secretsKey: string;
  readonly vmaToken: string;
  readonly volumeDaemonToken: string;
}

/** How the consoles of guests are read. */
export interface ConsoleTextAccess {
  readonly urlTemplate: string;
  readonly token: string;
}

/** Root of the VMs of kind folder. The lab puts none there. */
export const folderRootOf = (dir: string): string => join(dir, 'source');
/** Images of the VMs of the lab's vCenter. */
export const vmsDirOf = (dir: string): string => join(dir, 'vms');
export const vcenterDirOf = (dir: string): string => join(dir, 'vcenter');
export const cloudStackDirOf = (dir: string): string => join(dir, 'cloudstack');

/** Settings of the caller that reach the processes of a lab: how soon a dead worker is noticed. */
const TIMING = [
  'MIGRATEKIT_LEASE_MS',
  'MIGRATEKIT_HEARTBEAT_MS',
  'MIGRATEKIT_TRUST_MS',
  'MIGRATEKIT_RECONCILE_MS',
  'MIGRATEKIT_RELAY_MS',
  'MIGRATEKIT_CLOUD_POLL_MS',
  'MIGRATEKIT_CANCEL_POLL_MS',
  'MIGRATEKIT_DISPATCH_TIMEOUT_MS',
  'MIGRATEKIT_RETRY_FIRST_MS',
  'MIGRATEKIT_RETRY_MAX_MS',
  'MIGRATEKIT_LOG_LEVEL',
] as const satisfies readonly (keyof Env)[];

export const timingOf = (env: Env): Record<string, string> =>
  Object.fromEntries(TIMING.map((name) => [name, String(env[name])]));

/** Secrets of a lab, made once: what is sealed in its database must stay readable after `lab down` and `lab up`. */
export async function labSecrets(dir: string): Promise<LabSecrets> {
  const file = join(dir, 'state', 'lab-secrets.json');
  if (!existsSync(file)) {
    await mkdir(join(dir, 'state'), { recursive: true, mode: 0o700 });
    const made: LabSecrets = {
      secretsKey: randomBytes(32).toString('base64'),
      vmaToken: randomBytes(24).toString('hex'),
      volumeDaemonToken: randomBytes(24).toString('hex'),
    };
    await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as LabSecrets;
}

export function labEnvironment(
  folders: LabFolders,
  endpoints: LabEndpoints,
  options: {
    readonly secrets: LabSecrets;
    readonly rateBytesPerS: number;
    readonly timing: Readonly<Record<string, string>>;
    /** Undefined: no VM has one. */
    readonly consoleText: ConsoleTextAccess | undefined;
    /** Network cards that the OMA VM of the lab's CloudStack has: this machine has others. */
    readonly omaMacs: readonly string[];
  },
): Record<string, string> {
  const { database } = endpoints;
  const { consoleText } = options;
  return {
    ...options.timing,
    MIGRATEKIT_HOME: folders.home,
    MIGRATEKIT_INSTALLATION_ID: 'lab',
    MIGRATEKIT_STATE_DIR: join(folders.dir, 'state'),
    MIGRATEKIT_RUN_DIR: folders.runDir,
    MIGRATEKIT_DB_HOST: database.host,
    MIGRATEKIT_DB_PORT: String(database.port),
    MIGRATEKIT_DB_USER: database.user,
    MIGRATEKIT_DB_PASSWORD: database.password,
    MIGRATEKIT_DB_NAME: database.name,
    MIGRATEKIT_REDIS_URL: endpoints.redisUrl,
    MIGRATEKIT_SECRETS_KEY: options.secrets.secretsKey,
    MIGRATEKIT_SESSION_HOURS: '24',
    MIGRATEKIT_API_PORT: String(endpoints.apiPort),
    MIGRATEKIT_VMA_PORT: String(endpoints.vmaPort),
    MIGRATEKIT_VMA_URL: `http://127.0.0.1:${endpoints.vmaPort}`,
    MIGRATEKIT_VMA_TOKEN: options.secrets.vmaToken,
    MIGRATEKIT_VMA_FOLDER_ROOT: folderRootOf(folders.dir),
    MIGRATEKIT_VMA_FROZEN_DIR: join(vcenterDirOf(folders.dir), 'frozen'),
    MIGRATEKIT_VOLUME_DAEMON_PORT: String(endpoints.volumeDaemonPort),
    MIGRATEKIT_VOLUME_DAEMON_URL: `http://127.0.0.1:${endpoints.volumeDaemonPort}`,
    MIGRATEKIT_VOLUME_DAEMON_TOKEN: options.secrets.volumeDaemonToken,
    MIGRATEKIT_DEVICE_DIR: join(cloudStackDirOf(folders.dir), 'devices'),
    MIGRATEKIT_DEVICE_FILES: 'true',
    MIGRATEKIT_NBD_PORT: String(endpoints.nbdPort),
    MIGRATEKIT_OMA_MACS: options.omaMacs.join(','),
    MIGRATEKIT_WORKER_SHUTDOWN_S: '8',
    MIGRATEKIT_COPY_RATE_BYTES_PER_S: String(options.rateBytesPerS),
    // Without guests a VM that runs is a row: looking at it for longer shows nothing more.
    MIGRATEKIT_BOOT_STAYS_S: '4',
    ...(consoleText === undefined
      ? {}
      : { MIGRATEKIT_CONSOLE_TEXT_URL: consoleText.urlTemplate, MIGRATEKIT_CONSOLE_TEXT_TOKEN: consoleText.token }),
  };
}
