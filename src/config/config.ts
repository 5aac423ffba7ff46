import { join } from 'node:path';
import { ifSet, local, optionalSecret, origins, secretsKey, token, words } from './checked.ts';
import type { Env } from './env.ts';
import { Secret } from './secrets.ts';

/** Settings as the rooms receive them: grouped, typed, with secrets that do not print. */

export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly name: string;
  readonly poolMax: number;
}

export interface RedisConfig {
  /** May hold a password, so it does not print. */
  readonly url: Secret;
  readonly prefix: string;
}

/** Timing of the ledger; the meaning of each is in env.ts. */
export interface LedgerConfig {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly trustMs: number;
  readonly reconcileMs: number;
  readonly relayMs: number;
  readonly cancelPollMs: number;
  readonly dispatchTimeoutMs: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Absent: log events are kept for ever. */
  readonly logRetentionDays?: number;
}

export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  readonly users: string | undefined;
  /** Of appliances that sign in by themselves; without it none may. */
  readonly applianceToken: Secret | undefined;
  readonly sessionHours: number;
  /** Origins of other sites whose pages may use the API, in the form in which browsers send them. */
  readonly corsOrigins: readonly string[];
  readonly streamsMax: number;
  /** Of the VM of this appliance, where its own network cards are not those of the machine. */
  readonly omaMacs: readonly string[];
  /** Where the password of the first admin is kept. */
  readonly adminPasswordFile: string;
}

export interface VmaConfig {
  readonly host: string;
  readonly port: number;
  readonly token: Secret | undefined;
  readonly folderRoot: string | undefined;
  readonly sessionTtlMs: number;
  readonly stateDir: string;
  readonly runDir: string;
  readonly vsphere: VsphereSourceSettings;
}

/** How disks of kind vsphere are read; the meaning of each is in env.ts. */
export interface VsphereSourceSettings {
  readonly vddkDir: string | undefined;
  readonly vddkTransports: string;
  readonly nbdkit: string;
  readonly frozenDir: string | undefined;
  readonly hostConnections: number;
  readonly trustInUseMap: boolean;
}

export interface VolumeDaemonConfig {
  readonly host: string;
  readonly port: number;
  readonly token: Secret | undefined;
  readonly deviceDir: string;
  readonly deviceFiles: boolean;
  readonly deviceTimeoutMs: number;
  /** First wait between two looks at an async job of CloudStack. */
  readonly cloudPollMs: number;
  readonly transport: 'unix' | 'tcp';
  readonly nbdHost: string;
  readonly nbdPort: number;
  readonly runDir: string;
  readonly publicUrl: string | undefined;
  readonly omaVmId: string | undefined;
  readonly attachSlots: number | undefined;
  readonly overlays: OverlayConfig;
  readonly conversion: ConversionConfig;
}

/** How guests are made fit for KVM; the meaning of each is in env.ts. */
export interface ConversionConfig {
  readonly virtioWin: string | undefined;
  readonly timeoutMs: number;
  readonly backendSettings: string | undefined;
}

/** Where incremental cycles land until they are committed. */
export interface OverlayConfig {
  readonly dir: string;
  /** Of all overlays together; 0: what the file system has. */
  readonly maxBytes: number;
  /** prefer: in the volume itself where there is no room. require: such a cycle waits. */
  readonly mode: 'prefer' | 'require' | 'off';
}

/** Where a daemon is, and the secret that it asks for. */
export interface PeerConfig {
  readonly url: string;
  readonly token: Secret | undefined;
}

export interface WorkerConfig {
  readonly name: string;
  readonly concurrency: number;
  readonly shutdownMs: number;
  readonly bandwidth: {
    readonly workerBytesPerS: number;
    readonly jobBytesPerS: number;
    readonly diskBytesPerS: number;
  };
  readonly copyConnections: number;
  /** What the last replication of a live failover may take. */
  readonly finalSyncMs: number;
  readonly verify: 'off' | 'sample' | 'full';
  readonly manifestDir: string;
  readonly newVolumesAreZero: boolean;
  readonly fullResyncByHash: boolean;
  readonly compareEveryDays: number;
  readonly clockSkewMs: number;
  /** Between two looks at the volumes of the clouds; 0: none. */
  readonly reconcileVolumesMs: number;
}

export interface SnapshotConfig {
  /** Between two sweeps; 0: none. */
  readonly sweepMs: number;
  readonly alarmHours: number;
  /** Free space of a datastore at which something follows, in percent. */
  readonly levels: { readonly warnPercent: number; readonly stopPercent: number; readonly removePercent: number };
}

/** Where the text on consoles of VMs comes from; the meaning of each is in env.ts. */
export interface ConsoleTextConfig {
  readonly urlTemplate: string;
  readonly token: Secret | undefined;
}

export interface Config {
  readonly home: string;
  readonly installationId: string;
  readonly stateDir: string;
  readonly logLevel: string;
  readonly secretsKey: Secret<Buffer> | undefined;
  /** Nothing is sealed under them, but what was still opens. */
  readonly otherSecretsKeys: readonly Secret<Buffer>[];
  readonly database: DatabaseConfig;
  readonly redis: RedisConfig;
  readonly ledger: LedgerConfig;
  readonly api: ApiConfig;
  readonly vma: VmaConfig;
  readonly volumeDaemon: VolumeDaemonConfig;
  readonly vmaPeer: PeerConfig;
  readonly volumeDaemonPeer: PeerConfig;
  readonly worker: WorkerConfig;
  readonly snapshots: SnapshotConfig;
  /** Undefined: nobody can tell what a console shows. */
  readonly consoleText: ConsoleTextConfig | undefined;
  /** How long a VM without console text has to run before that is its verdict. */
  readonly bootStaysMs: number;
  readonly client: { readonly url: string | undefined; readonly token: Secret | undefined };
}

/**
 * Pure: the environment as a Config, with the checks that need more than one variable.
 * @throws Error with the names of the variables that contradict each other.
 */
export function toConfig(env: Env): Config {
  return {
    home: env.MIGRATEKIT_HOME,
    installationId: env.MIGRATEKIT_INSTALLATION_ID,
    stateDir: env.MIGRATEKIT_STATE_DIR,
    logLevel: env.MIGRATEKIT_LOG_LEVEL,
    secretsKey: ifSet(env.MIGRATEKIT_SECRETS_KEY, (text) => secretsKey('MIGRATEKIT_SECRETS_KEY', text)),
    otherSecretsKeys: words(env.MIGRATEKIT_SECRETS_OTHER_KEYS).map((text) =>
      secretsKey('MIGRATEKIT_SECRETS_OTHER_KEYS', text),
    ),
    database: {
      host: env.MIGRATEKIT_DB_HOST,
      port: env.MIGRATEKIT_DB_PORT,
      user: env.MIGRATEKIT_DB_USER,
      password: new Secret(env.MIGRATEKIT_DB_PASSWORD),
      name: env.MIGRATEKIT_DB_NAME,
      poolMax: env.MIGRATEKIT_DB_POOL_MAX,
    },
    redis: { url: new Secret(env.MIGRATEKIT_REDIS_URL), prefix: env.MIGRATEKIT_QUEUE_PREFIX },
    ledger: ledger(env),
    api: {
      host: local('MIGRATEKIT_API_HOST', env.MIGRATEKIT_API_HOST, true),
      port: env.MIGRATEKIT_API_PORT,
      users: env.MIGRATEKIT_USERS,
      applianceToken: token('MIGRATEKIT_APPLIANCE_TOKEN', env.MIGRATEKIT_APPLIANCE_TOKEN),
      sessionHours: env.MIGRATEKIT_SESSION_HOURS,
      corsOrigins: origins('MIGRATEKIT_CORS_ORIGINS', env.MIGRATEKIT_CORS_ORIGINS),
      streamsMax: env.MIGRATEKIT_API_STREAMS_MAX,
      omaMacs: words(env.MIGRATEKIT_OMA_MACS),
      adminPasswordFile: join(env.MIGRATEKIT_STATE_DIR, 'admin-password'),
    },
    vma: vma(env),
    volumeDaemon: volumeDaemon(env),
    vmaPeer: { url: env.MIGRATEKIT_VMA_URL, token: token('MIGRATEKIT_VMA_TOKEN', env.MIGRATEKIT_VMA_TOKEN) },
    volumeDaemonPeer: {
      url: env.MIGRATEKIT_VOLUME_DAEMON_URL,
      token: token('MIGRATEKIT_VOLUME_DAEMON_TOKEN', env.MIGRATEKIT_VOLUME_DAEMON_TOKEN),
    },
    worker: worker(env),
    snapshots: snapshots(env),
    consoleText: ifSet(env.MIGRATEKIT_CONSOLE_TEXT_URL, (urlTemplate) => ({
      urlTemplate,
      token: optionalSecret(env.MIGRATEKIT_CONSOLE_TEXT_TOKEN),
    })),
    bootStaysMs: env.MIGRATEKIT_BOOT_STAYS_S * 1_000,
    client: { url: env.MIGRATEKIT_API_URL, token: optionalSecret(env.MIGRATEKIT_API_TOKEN) },
  };
}

function ledger(env: Env): LedgerConfig {
  if (env.MIGRATEKIT_TRUST_MS >= env.MIGRATEKIT_LEASE_MS || env.MIGRATEKIT_HEARTBEAT_MS >= env.MIGRATEKIT_TRUST_MS) {
    throw new Error(
      'settings are wrong: MIGRATEKIT_HEARTBEAT_MS < MIGRATEKIT_TRUST_MS < MIGRATEKIT_LEASE_MS must hold',
    );
  }
  return {
    leaseMs: env.MIGRATEKIT_LEASE_MS,
    heartbeatMs: env.MIGRATEKIT_HEARTBEAT_MS,
    trustMs: env.MIGRATEKIT_TRUST_MS,
    reconcileMs: env.MIGRATEKIT_RECONCILE_MS,
    relayMs: env.MIGRATEKIT_RELAY_MS,
    cancelPollMs: env.MIGRATEKIT_CANCEL_POLL_MS,
    dispatchTimeoutMs: env.MIGRATEKIT_DISPATCH_TIMEOUT_MS,
    retryFirstMs: env.MIGRATEKIT_RETRY_FIRST_MS,
    retryMaxMs: env.MIGRATEKIT_RETRY_MAX_MS,
    logRetentionDays: env.MIGRATEKIT_LOG_RETENTION_DAYS,
  };
}

function worker(env: Env): WorkerConfig {
  return {
    name: env.MIGRATEKIT_WORKER_NAME,
    concurrency: env.MIGRATEKIT_WORKER_CONCURRENCY,
    shutdownMs: env.MIGRATEKIT_WORKER_SHUTDOWN_S * 1000,
    bandwidth: {
      workerBytesPerS: env.MIGRATEKIT_WORKER_RATE_BYTES_PER_S,
      jobBytesPerS: env.MIGRATEKIT_COPY_RATE_BYTES_PER_S,
      diskBytesPerS: env.MIGRATEKIT_DISK_RATE_BYTES_PER_S,
    },
    copyConnections: env.MIGRATEKIT_COPY_CONNECTIONS,
    finalSyncMs: env.MIGRATEKIT_FINAL_SYNC_MINUTES * 60_000,
    verify: env.MIGRATEKIT_VERIFY,
    manifestDir: join(env.MIGRATEKIT_STATE_DIR, 'manifests'),
    newVolumesAreZero: env.MIGRATEKIT_NEW_VOLUMES_ARE_ZERO,
    fullResyncByHash: env.MIGRATEKIT_FULL_RESYNC_BY_HASH,
    compareEveryDays: env.MIGRATEKIT_COMPARE_EVERY_DAYS,
    clockSkewMs: env.MIGRATEKIT_VCENTER_CLOCK_SKEW_S * 1000,
    reconcileVolumesMs: env.MIGRATEKIT_VOLUME_LOOK_MINUTES * 60_000,
  };
}

function snapshots(env: Env): SnapshotConfig {
  const warnPercent = env.MIGRATEKIT_SPACE_WARN_PERCENT;
  const stopPercent = env.MIGRATEKIT_SPACE_STOP_PERCENT;
  const removePercent = env.MIGRATEKIT_SPACE_REMOVE_PERCENT;
  if (warnPercent < stopPercent || stopPercent < removePercent) {
    throw new Error(
      'settings are wrong: MIGRATEKIT_SPACE_WARN_PERCENT >= MIGRATEKIT_SPACE_STOP_PERCENT >= MIGRATEKIT_SPACE_REMOVE_PERCENT must hold',
    );
  }
  return {
    sweepMs: env.MIGRATEKIT_SNAPSHOT_SWEEP_MINUTES * 60_000,
    alarmHours: env.MIGRATEKIT_SNAPSHOT_ALARM_HOURS,
    levels: { warnPercent, stopPercent, removePercent },
  };
}

function vma(env: Env): VmaConfig {
  return {
    host: local('MIGRATEKIT_VMA_HOST', env.MIGRATEKIT_VMA_HOST),
    port: env.MIGRATEKIT_VMA_PORT,
    token: token('MIGRATEKIT_VMA_TOKEN', env.MIGRATEKIT_VMA_TOKEN),
    folderRoot: env.MIGRATEKIT_VMA_FOLDER_ROOT,
    sessionTtlMs: env.MIGRATEKIT_VMA_SESSION_TTL_S * 1000,
    stateDir: join(env.MIGRATEKIT_STATE_DIR, 'vma'),
    runDir: join(env.MIGRATEKIT_RUN_DIR, 'vma'),
    vsphere: {
      vddkDir: env.MIGRATEKIT_VMA_VDDK_DIR,
      vddkTransports: env.MIGRATEKIT_VMA_VDDK_TRANSPORTS,
      nbdkit: env.MIGRATEKIT_VMA_NBDKIT,
      frozenDir: env.MIGRATEKIT_VMA_FROZEN_DIR,
      hostConnections: env.MIGRATEKIT_VMA_HOST_CONNECTIONS,
      trustInUseMap: env.MIGRATEKIT_VMA_TRUST_IN_USE_MAP,
    },
  };
}

function volumeDaemon(env: Env): VolumeDaemonConfig {
  return {
    host: local('MIGRATEKIT_VOLUME_DAEMON_HOST', env.MIGRATEKIT_VOLUME_DAEMON_HOST),
    port: env.MIGRATEKIT_VOLUME_DAEMON_PORT,
    token: token('MIGRATEKIT_VOLUME_DAEMON_TOKEN', env.MIGRATEKIT_VOLUME_DAEMON_TOKEN),
    deviceDir: env.MIGRATEKIT_DEVICE_DIR,
    deviceFiles: env.MIGRATEKIT_DEVICE_FILES,
    deviceTimeoutMs: env.MIGRATEKIT_DEVICE_TIMEOUT_S * 1000,
    cloudPollMs: env.MIGRATEKIT_CLOUD_POLL_MS,
    transport: env.MIGRATEKIT_NBD_TRANSPORT,
    nbdHost: local('MIGRATEKIT_NBD_HOST', env.MIGRATEKIT_NBD_HOST),
    nbdPort: env.MIGRATEKIT_NBD_PORT,
    runDir: join(env.MIGRATEKIT_RUN_DIR, 'oma'),
    overlays: {
      dir: env.MIGRATEKIT_OVERLAY_DIR ?? join(env.MIGRATEKIT_STATE_DIR, 'overlays'),
      maxBytes: env.MIGRATEKIT_OVERLAY_MAX_BYTES,
      mode: env.MIGRATEKIT_ATOMIC_CYCLES,
    },
    publicUrl: env.MIGRATEKIT_VOLUME_DAEMON_PUBLIC_URL,
    omaVmId: env.MIGRATEKIT_OMA_VM_ID,
    attachSlots: env.MIGRATEKIT_ATTACH_SLOTS,
    conversion: {
      virtioWin: env.MIGRATEKIT_VIRTIO_WIN,
      timeoutMs: env.MIGRATEKIT_CONVERSION_MINUTES * 60_000,
      backendSettings: env.MIGRATEKIT_LIBGUESTFS_SETTINGS,
    },
  };
}
