import { availableParallelism, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { BYTES_PER_S_MIN } from '../base/bandwidth.ts';

/**
 * Every setting: name, type, default and meaning. The only reader of process.env; `example.env` lists exactly these
 * (a test compares them). Units are in the names.
 */

const port = z.coerce.number().int().min(0).max(65_535);
const positive = z.coerce.number().int().positive();
const rate = z.coerce
  .number()
  .int()
  .refine(
    (value) => value === 0 || value >= BYTES_PER_S_MIN,
    `must be 0 or at least ${BYTES_PER_S_MIN}, bytes per second`,
  )
  .default(0);
const percent = z.coerce.number().min(0).max(100);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const host = z.string().min(1);
const optional = z.string().min(1).optional();

export const envSchema = z.object({
  MIGRATEKIT_HOME: z.string().default(process.cwd()).describe('folder of this program; the launcher sets it'),
  MIGRATEKIT_INSTALLATION_ID: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,40}$/)
    .default('migratekit')
    .describe("names this installation in snapshot tags: two installations never touch each other's snapshots"),
  MIGRATEKIT_STATE_DIR: z
    .string()
    .default('/var/lib/migratekit')
    .describe('files that outlive a restart: admin password, sessions of the VMA'),
  MIGRATEKIT_RUN_DIR: z
    .string()
    .default(join(tmpdir(), 'migratekit'))
    .describe('sockets; keep it short, a socket path has 107 bytes'),
  MIGRATEKIT_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least level that is logged'),

  MIGRATEKIT_DB_HOST: host.default('127.0.0.1').describe('MariaDB >= 10.6 or MySQL >= 8.0'),
  MIGRATEKIT_DB_PORT: port.default(3306).describe('port of the database'),
  MIGRATEKIT_DB_USER: z.string().default('oma_user').describe('user of the database'),
  MIGRATEKIT_DB_PASSWORD: z.string().default('').describe('password of that user'),
  MIGRATEKIT_DB_NAME: z.string().default('migratekit_oma').describe('name of the database'),
  MIGRATEKIT_DB_POOL_MAX: positive.default(10).describe('connections per process, at most'),

  MIGRATEKIT_REDIS_URL: z
    .string()
    .default('redis://127.0.0.1:6379')
    .describe('Redis >= 6.2 or Valkey; maxmemory-policy must be noeviction'),
  MIGRATEKIT_QUEUE_PREFIX: z.string().default('migratekit').describe('prefix of all keys in Redis'),

  MIGRATEKIT_SECRETS_KEY: optional.describe(
    '32 random bytes in base64: seals credentials at rest and signs sessions (openssl rand -base64 32)',
  ),
  MIGRATEKIT_SECRETS_OTHER_KEYS: optional.describe(
    'further keys, separated by spaces, that open what was sealed under them: the former one until ./migratekit secrets rewrap has run',
  ),
  MIGRATEKIT_USERS: optional.describe(
    'users as name:argon2id-hash, separated by spaces; without it the first start makes an admin',
  ),
  MIGRATEKIT_APPLIANCE_TOKEN: optional.describe(
    'token with which appliances sign in (appliance_id and token); at least 16 characters; without it none may',
  ),
  MIGRATEKIT_SESSION_HOURS: positive.default(12).describe('life of a login in hours'),

  MIGRATEKIT_API_HOST: host.default('127.0.0.1').describe('address the API listens on'),
  MIGRATEKIT_API_PORT: port.default(8082).describe('port of the API; 0 takes a free one'),
  MIGRATEKIT_CORS_ORIGINS: optional.describe(
    'origins of other sites whose pages may use the API, e.g. https://console.example.com; separated by spaces',
  ),
  MIGRATEKIT_API_STREAMS_MAX: positive
    .default(1_000)
    .describe('event streams that one API process keeps open; further ones are asked to come later'),
  MIGRATEKIT_OMA_MACS: optional.describe(
    'network cards of the VM of this appliance, as MAC addresses separated by spaces; without it those of the machine',
  ),
  MIGRATEKIT_API_URL: optional.describe('where the command line finds the API, e.g. http://127.0.0.1:8082/api/v1'),
  MIGRATEKIT_API_TOKEN: optional.describe('bearer token of the command line'),
  MIGRATEKIT_LAB_DIR: optional.describe('folder of a lab: the command line takes URL and token of the API from there'),

  MIGRATEKIT_VMA_HOST: host.default('127.0.0.1').describe('address the VMA listens on'),
  MIGRATEKIT_VMA_PORT: port.default(8081).describe('port of the VMA'),
  MIGRATEKIT_VMA_URL: z.string().default('http://127.0.0.1:8081').describe('where the OMA finds the VMA'),
  MIGRATEKIT_VMA_TOKEN: optional.describe('shared secret of OMA and VMA; at least 16 characters'),
  MIGRATEKIT_VMA_FOLDER_ROOT: optional.describe(
    'folder whose sub-folders are VMs of kind folder: one sub-folder per VM, with its disk images',
  ),
  MIGRATEKIT_VMA_SESSION_TTL_S: positive
    .default(900)
    .describe('a source session without a heartbeat for this long is removed'),
  MIGRATEKIT_VMA_VDDK_DIR: optional.describe(
    "folder of VMware's VDDK (vmware-vix-disklib-distrib); without it there are no sources of kind vsphere",
  ),
  MIGRATEKIT_VMA_VDDK_TRANSPORTS: z
    .string()
    .regex(/^[a-z]+(:[a-z]+)*$/)
    .default('nbdssl')
    .describe(
      'how VDDK reads, in the order in which it tries, with colons between: hotadd, san, nbdssl; nbd is not encrypted',
    ),
  MIGRATEKIT_VMA_NBDKIT: z
    .string()
    .min(1)
    .default('nbdkit')
    .describe('the program nbdkit, one that has its plugin vddk: that of Debian 12 has not'),
  MIGRATEKIT_VMA_FROZEN_DIR: optional.describe(
    'stands in for VDDK in a lab: folder with <snapshot>/<device key>.img for each disk of a snapshot',
  ),
  MIGRATEKIT_VMA_HOST_CONNECTIONS: positive
    .default(16)
    .describe('connections for reading that one ESXi host gives to all VMs that are copied from it together'),
  MIGRATEKIT_VMA_TRUST_IN_USE_MAP: flag
    .default(false)
    .describe('believe vSphere that a disk is zero wherever it says nothing was ever written; wrong on some versions'),

  MIGRATEKIT_VOLUME_DAEMON_HOST: host.default('127.0.0.1').describe('address the volume daemon listens on'),
  MIGRATEKIT_VOLUME_DAEMON_PORT: port.default(8090).describe('port of the volume daemon'),
  MIGRATEKIT_VOLUME_DAEMON_URL: z
    .string()
    .default('http://127.0.0.1:8090')
    .describe('where the workers find the volume daemon'),
  MIGRATEKIT_VOLUME_DAEMON_TOKEN: optional.describe(
    'shared secret of workers and volume daemon; at least 16 characters',
  ),
  MIGRATEKIT_VOLUME_DAEMON_PUBLIC_URL: optional.describe(
    'where the workers find this volume daemon when there are several; the address it listens on when not set',
  ),
  MIGRATEKIT_OMA_VM_ID: optional.describe(
    'id in CloudStack of the VM that this volume daemon runs on; without it the oma_vm_id of the active configuration',
  ),
  MIGRATEKIT_ATTACH_SLOTS: positive
    .optional()
    .describe('most data disks at this OMA VM, those of others included; without it what CloudStack says, else 22'),
  MIGRATEKIT_DEVICE_DIR: z
    .string()
    .default('/dev/disk/by-id')
    .describe('where attached volumes appear under their virtio serial'),
  MIGRATEKIT_DEVICE_FILES: flag.default(false).describe('accept plain files as devices; for the lab only'),
  MIGRATEKIT_DEVICE_TIMEOUT_S: positive
    .default(60)
    .describe('how long to wait for the device of a volume that was just attached'),
  MIGRATEKIT_CLOUD_POLL_MS: positive
    .default(1_000)
    .describe('first wait between two looks at an async job of CloudStack; grows to 15 times as much'),
  MIGRATEKIT_NBD_TRANSPORT: z
    .enum(['unix', 'tcp'])
    .default('unix')
    .describe('how workers reach the exports of the volume daemon: unix on the same host, tcp else'),
  MIGRATEKIT_NBD_HOST: host
    .default('127.0.0.1')
    .describe('address the NBD exports of targets listen on, with transport tcp'),
  MIGRATEKIT_NBD_PORT: port.default(10_809).describe('port of the NBD exports of targets, with transport tcp'),

  MIGRATEKIT_OVERLAY_DIR: optional.describe(
    'folder on a disk of the OMA where the changes of a cycle land until all disks of the VM have them; overlays below MIGRATEKIT_STATE_DIR',
  ),
  MIGRATEKIT_OVERLAY_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('what overlays may take together; 0: what their file system has free, less 5 %'),
  MIGRATEKIT_ATOMIC_CYCLES: z
    .enum(['prefer', 'require', 'off'])
    .default('prefer')
    .describe(
      'the last committed point stays usable while the next cycle runs: prefer (where there is room for it), require (else the cycle waits), off',
    ),

  MIGRATEKIT_VIRTIO_WIN: optional.describe(
    'ISO or folder of virtio drivers (virtio-win) on the host of the volume daemon; without it no Windows guest is converted',
  ),
  MIGRATEKIT_FINAL_SYNC_MINUTES: positive
    .default(120)
    .describe(
      'how long the final sync of a live failover may take, its source being off; one that takes longer is cancelled, and the failover undone',
    ),
  MIGRATEKIT_CONVERSION_MINUTES: positive.default(60).describe('how long the conversion of a guest may take'),
  MIGRATEKIT_LIBGUESTFS_SETTINGS: optional.describe(
    'LIBGUESTFS_BACKEND_SETTINGS of conversions: force_tcg where the KVM of the host does not work',
  ),

  MIGRATEKIT_WORKER_NAME: z
    .string()
    .default(`${hostname()}-${process.pid}`)
    .describe('name of a worker in leases and logs'),
  MIGRATEKIT_WORKER_CONCURRENCY: positive
    .default(Math.max(2, availableParallelism()))
    .describe('jobs at a time per queue and worker'),
  MIGRATEKIT_WORKER_SHUTDOWN_S: positive
    .default(20)
    .describe('how long jobs may take to reach a safe point after SIGTERM'),
  MIGRATEKIT_COPY_RATE_BYTES_PER_S: rate.describe(
    'most a job may read per second, all its disks together; 0 is no limit',
  ),
  MIGRATEKIT_WORKER_RATE_BYTES_PER_S: rate.describe('most all jobs of a worker may read per second; 0 is no limit'),
  MIGRATEKIT_DISK_RATE_BYTES_PER_S: rate.describe('most one disk of a job may be read per second; 0 is no limit'),
  MIGRATEKIT_NEW_VOLUMES_ARE_ZERO: flag
    .default(false)
    .describe('the storage of new volumes is known to read zero; else every hole of a disk is written as zeros once'),
  MIGRATEKIT_FULL_RESYNC_BY_HASH: flag
    .default(true)
    .describe(
      'when a replica that was whole once must be copied in full, find by hashes what differs and copy only that; costs a read of both sides',
    ),
  MIGRATEKIT_COMPARE_EVERY_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'compare a disk by hash with its replica when that was not done for so many days, although its changes are known; 0: only when there is a doubt',
    ),
  MIGRATEKIT_VCENTER_CLOCK_SKEW_S: z.coerce
    .number()
    .int()
    .min(0)
    .default(120)
    .describe(
      'how far the clocks of VMA and vCenter may be apart: reverts of a VM are looked for from so long before the last cycle on',
    ),
  MIGRATEKIT_COPY_CONNECTIONS: positive.default(2).describe('NBD connections per side and disk'),
  MIGRATEKIT_VERIFY: z
    .enum(['off', 'sample', 'full'])
    .default('off')
    .describe('how much of a copied disk is read again and compared: off, sample or full; a job may say otherwise'),

  MIGRATEKIT_VOLUME_LOOK_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(30)
    .describe('how often our volumes are compared with those in CloudStack; 0: only when somebody asks'),

  MIGRATEKIT_SNAPSHOT_SWEEP_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(30)
    .describe('how often leftover snapshots of this installation are looked for at the vCenters; 0: never'),
  MIGRATEKIT_SNAPSHOT_ALARM_HOURS: positive
    .default(24)
    .describe('a snapshot of this installation that is older is an alarm'),
  MIGRATEKIT_SPACE_WARN_PERCENT: percent
    .default(20)
    .describe('free space of a datastore, in percent, at which there is an alarm'),
  MIGRATEKIT_SPACE_STOP_PERCENT: percent.default(10).describe('at which no snapshot is made there any more'),
  MIGRATEKIT_SPACE_REMOVE_PERCENT: percent
    .default(5)
    .describe('at which snapshots of this installation there are removed, and their jobs begin anew'),

  MIGRATEKIT_CONSOLE_TEXT_URL: z
    .string()
    .regex(/^https?:\/\/[^@]*\{vm_id\}/)
    .optional()
    .describe(
      'where the text on the serial console of a VM is read, with {vm_id} for its id in CloudStack; tells whether a VM has booted',
    ),
  MIGRATEKIT_CONSOLE_TEXT_TOKEN: optional.describe('bearer token for that'),
  MIGRATEKIT_BOOT_STAYS_S: positive
    .default(20)
    .describe('a VM of a failover whose console nobody can read has to run for so long before its verdict is running'),

  MIGRATEKIT_LEASE_MS: positive
    .default(30_000)
    .describe('a worker that does not renew its lease for this long is taken for dead'),
  MIGRATEKIT_HEARTBEAT_MS: positive.default(8_000).describe('how often a lease is renewed'),
  MIGRATEKIT_TRUST_MS: positive
    .default(22_000)
    .describe(
      'a worker stops its effects this long after the start of its last successful renewal; less than the lease',
    ),
  MIGRATEKIT_RECONCILE_MS: positive
    .default(5_000)
    .describe('how often one leader looks for dead workers and lost messages'),
  MIGRATEKIT_RELAY_MS: positive.default(1_000).describe('how often queued rows are sent to Redis'),
  MIGRATEKIT_CANCEL_POLL_MS: positive.default(1_000).describe('how often a worker looks for cancel requests'),
  MIGRATEKIT_DISPATCH_TIMEOUT_MS: positive
    .default(60_000)
    .describe('a message that nobody took for this long is looked for, and sent again when Redis lost it'),
  MIGRATEKIT_RETRY_FIRST_MS: positive
    .default(5_000)
    .describe('wait before the second attempt of a job; doubles each time'),
  MIGRATEKIT_RETRY_MAX_MS: positive.default(600_000).describe('longest wait between two attempts'),
  MIGRATEKIT_LOG_RETENTION_DAYS: positive
    .default(30)
    .describe('how long the log events of jobs are kept in the database'),
});

export type Env = z.output<typeof envSchema>;

/** What the operator's commands read: a setting of the servers that is wrong in this shell is no concern of theirs. */
const shellSchema = envSchema
  .pick({ MIGRATEKIT_API_URL: true, MIGRATEKIT_API_TOKEN: true, MIGRATEKIT_LAB_DIR: true })
  .extend({
    XDG_CONFIG_HOME: optional,
    NO_COLOR: optional,
    TERM: optional,
  });
export type Shell = z.output<typeof shellSchema>;

/**
 * Reads and checks the environment.
 * @throws Error that names each bad variable and what it may be; never its value, which may be a password.
 */
export function readEnv(source: Source = process.env): Env {
  return read(envSchema, source);
}

/** The same of the few variables that the operator's commands use. */
export function readShell(source: Source = process.env): Shell {
  return read(shellSchema, source);
}

type Source = Readonly<Record<string, string | undefined>>;

function read<T>(schema: z.ZodType<T>, source: Source): T {
  // An empty string in a file of settings means "not set".
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`settings are wrong, see example.env\n${lines.join('\n')}`);
}
