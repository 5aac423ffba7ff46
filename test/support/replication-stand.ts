import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { acceptReplication } from '../../src/api/replications/accept.ts';
import { acceptDeletion } from '../../src/api/replications/delete.ts';
import { StartReplication } from '../../src/api/schemas/replications.ts';
import type { Clock } from '../../src/base/clock.ts';
import { toConfig } from '../../src/config/config.ts';
import { readEnv } from '../../src/config/env.ts';
import type { Knex } from '../../src/db/knex.ts';
import { SecretBox } from '../../src/db/secret-box.ts';
import { openCloudFrom, type OpenCloud } from '../../src/volumes/cloud.ts';
import { attachVolumeProcessor } from '../../src/processors/attach-volume/index.ts';
import type { ReplicateDeps } from '../../src/processors/replicate/context.ts';
import { replicateDeps } from '../../src/processors/worker.ts';
import { catalogue } from '../../src/queues/catalogue.ts';
import { openLedger, type Ledger } from '../../src/queues/ledger.ts';
import { findJob, type JobRecord } from '../../src/db/stores/job-rows.ts';
import { freePort } from '../../src/lab/embedded/free-port.ts';
import { createVmaClient, type VmaClient } from '../../src/vma/client.ts';
import type { SimulatorSettings } from '../../src/lab/cloudstack/simulator.ts';
import { startVma, type VmaOptions } from '../../src/vma/start.ts';
import { startVolumeDaemon } from '../../src/volumes/daemon.ts';
import { startTestCloud, type TestCloud } from './cloudstack.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { makeOsseaConfig } from './factories.ts';
import { runOutLeases } from './dead-worker.ts';
import { jobStory } from './job-story.ts';
import { testRedis } from './redis.ts';
import type { Death } from './mortal-work.ts';
import { startReplicationWorkers } from './replication-workers.ts';
import { until } from './until.ts';

type Environment = Readonly<Record<string, string>>;

/** The limit of every wait: only a defect reaches it. */
const PATIENCE_MS = 240_000;
/** Replicas stay attached, so the appliance of a file with many VMs needs more places than a cloud gives by default. */
const DATA_VOLUMES_MAX = 200;

/**
 * Everything that a replication meets, real and in this process: a database and queues of its own, a VMA on a folder,
 * a simulated cloud, a volume daemon. Workers come and go with the test.
 */
export interface ReplicationStand extends AsyncDisposable {
  readonly db: Knex;
  readonly cloud: TestCloud;
  readonly ledger: Ledger;
  readonly vma: VmaClient;
  /** The VMA itself, for tests in which it is away. */
  readonly vmaServer: Server;
  /** With its worker of queue attach-volume and its exports. */
  readonly volumeDaemon: Server;
  /** Where the folders of VMs are. */
  readonly root: string;
  /** Settings for further processes of this stand. */
  readonly env: Environment;
  /** Accepts a request as the API does. @returns the id of the job */
  submit(body: object): Promise<string>;
  /** Accepts the deletion of a replication as the API does. @returns the id of the job that deletes it */
  delete(jobId: string, how?: { readonly deleteVolumes?: boolean }): Promise<string>;
  /** A worker in this process while `work` runs. */
  withWorker<T>(work: () => Promise<T>, change?: WorkerChange): Promise<T>;
  /** A worker in a process of its own. */
  spawnWorker(options?: { readonly death?: Death; readonly env?: Environment }): SpawnedWorker;
  /** @param withinMs only a defect reaches it */
  ended(jobId: string, withinMs?: number): Promise<JobRecord>;
}

/** Runs unless a test stops it, always under the same address. */
export interface Server {
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface WorkerChange {
  readonly env?: Environment;
  readonly deps?: (deps: ReplicateDeps) => ReplicateDeps;
}

export interface SpawnedWorker extends AsyncDisposable {
  /** Resolves with the signal that ended it, when what it held is free to be taken over. */
  readonly died: Promise<string | null>;
  kill9(): Promise<void>;
}

export interface CloudSettings extends Partial<SimulatorSettings> {
  /** What the patience with the orders of CloudStack is measured by. */
  readonly clock?: Clock;
}

/** @param settings of the environment, instead of the quick ones of the tests */
export async function openReplicationStand(
  settings: Environment = {},
  vmaOptions: VmaOptions = {},
  { clock, ...cloudSettings }: CloudSettings = {},
): Promise<ReplicationStand> {
  await using stack = new AsyncDisposableStack();
  // Short: the path of a socket has 107 bytes.
  const home = mkdtempSync(join(tmpdir(), 'mkr-'));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const root = join(home, 'vms');
  mkdirSync(root);
  const database = stack.use(await createTestDatabase());
  const cloud = stack.use(await startTestCloud({ dataVolumesMax: DATA_VOLUMES_MAX, ...cloudSettings }));
  const first = { ...environment({ home, root, database, cloud }), ...settings };
  const { env, vmaServer, volumeDaemon } = await startDaemons(stack, first, { database, cloud, clock, vmaOptions });
  const config = toConfig(readEnv(env));
  const { knex: db } = database;
  const ledger = stack.use(openLedger({ db, redis: config.redis, ledger: config.ledger, catalogue }));
  const owned = stack.move();
  return {
    db,
    cloud,
    ledger,
    root,
    env,
    vmaServer,
    volumeDaemon,
    vma: createVmaClient(config.vmaPeer),
    submit: (body) => submit(ledger, body),
    delete: (jobId, how = {}) => deleteReplication(ledger, jobId, how.deleteVolumes ?? false),
    async withWorker(work, change = {}) {
      const own = toConfig(readEnv({ ...env, ...change.env }));
      const deps = replicateDeps(own, db);
      await using _workers = startReplicationWorkers(own, { deps: change.deps?.(deps) ?? deps, clock });
      return await work();
    },
    spawnWorker: (options = {}) => spawnWorker(db, { ...env, ...options.env }, options.death),
    ended: (jobId, withinMs) => ended(db, jobId, withinMs),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** VMA and volume daemon, and the environment with their addresses. */
async function startDaemons(
  stack: AsyncDisposableStack,
  env: Environment,
  of: {
    readonly database: TestDatabase;
    readonly cloud: TestCloud;
    readonly clock: Clock | undefined;
    readonly vmaOptions: VmaOptions;
  },
): Promise<{ env: Environment; vmaServer: Server; volumeDaemon: Server }> {
  const config = toConfig(readEnv(env));
  const box = new SecretBox(config.secretsKey);
  const openCloud = (db: Knex): OpenCloud =>
    openCloudFrom(db, box, { pollMs: config.volumeDaemon.cloudPollMs, clock: of.clock });
  await configureCloud(of.database.knex, box, of.cloud);
  const vma = await server(stack, async (port) => {
    const started = await startVma({ ...config.vma, port }, { reserveBytes: 0, ...of.vmaOptions });
    return { url: started.url, close: () => started.close(1_000) };
  });
  const daemon = await server(stack, (port) =>
    startVolumeDaemon({
      config: { ...config, volumeDaemon: { ...config.volumeDaemon, port } },
      catalogue,
      openCloud,
      processor: ({ db, volumes }) => attachVolumeProcessor({ volumes, openCloud: openCloud(db) }),
    }),
  );
  return {
    env: { ...env, MIGRATEKIT_VMA_URL: vma.url, MIGRATEKIT_VOLUME_DAEMON_URL: daemon.url },
    vmaServer: vma,
    volumeDaemon: daemon,
  };
}

interface Started {
  readonly url: string;
  close(): Promise<void>;
}

/** Started now, and again on the same port. */
async function server(
  stack: AsyncDisposableStack,
  begin: (port: number) => Promise<Started>,
): Promise<Server & { readonly url: string }> {
  const port = await freePort();
  const first = await begin(port);
  let running: Started | undefined = first;
  const stop = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  stack.defer(stop);
  return {
    url: first.url,
    stop,
    async start() {
      running ??= await begin(port);
    },
  };
}

async function configureCloud(db: Knex, box: SecretBox, { simulator }: TestCloud): Promise<void> {
  const { endpoint, apiKey, secretKey, ids } = simulator;
  await makeOsseaConfig(db, box, {
    apiUrl: endpoint,
    apiKey,
    secretKey,
    zone: ids.zone,
    diskOfferingId: ids.diskOffering,
    serviceOfferingId: ids.serviceOffering,
    templateId: ids.template,
    networkId: ids.liveNetwork,
    omaVmId: ids.omaVm,
  });
}

function environment(of: { home: string; root: string; database: TestDatabase; cloud: TestCloud }): Environment {
  const { config } = of.database;
  const redis = testRedis();
  return {
    MIGRATEKIT_LOG_LEVEL: process.env['MIGRATEKIT_LOG_LEVEL'] ?? 'silent',
    MIGRATEKIT_STATE_DIR: join(of.home, 'state'),
    MIGRATEKIT_RUN_DIR: join(of.home, 'run'),
    MIGRATEKIT_DB_HOST: config.host,
    MIGRATEKIT_DB_PORT: String(config.port),
    MIGRATEKIT_DB_USER: config.user,
    MIGRATEKIT_DB_PASSWORD: config.password.reveal(),
    MIGRATEKIT_DB_NAME: config.name,
    MIGRATEKIT_REDIS_URL: redis.url.reveal(),
    MIGRATEKIT_QUEUE_PREFIX: redis.prefix,
    MIGRATEKIT_SECRETS_KEY: randomBytes(32).toString('base64'),
    MIGRATEKIT_VMA_PORT: '0',
    MIGRATEKIT_VMA_TOKEN: 'token-of-the-vma-of-the-tests',
    MIGRATEKIT_VMA_FOLDER_ROOT: of.root,
    MIGRATEKIT_VOLUME_DAEMON_PORT: '0',
    MIGRATEKIT_VOLUME_DAEMON_TOKEN: 'token-of-the-volume-daemon',
    MIGRATEKIT_DEVICE_DIR: of.cloud.simulator.deviceDir,
    MIGRATEKIT_DEVICE_FILES: 'true',
    MIGRATEKIT_DEVICE_TIMEOUT_S: '20',
    MIGRATEKIT_CLOUD_POLL_MS: '20',
    MIGRATEKIT_ATTACH_SLOTS: String(DATA_VOLUMES_MAX),
    // The leases are those of the product: whoever kills a worker lets its leases run out.
    MIGRATEKIT_RECONCILE_MS: '300',
    MIGRATEKIT_RELAY_MS: '150',
    MIGRATEKIT_CANCEL_POLL_MS: '200',
    MIGRATEKIT_RETRY_FIRST_MS: '100',
    MIGRATEKIT_RETRY_MAX_MS: '500',
  };
}

async function submit(ledger: Ledger, body: object): Promise<string> {
  const answer = await acceptReplication(ledger, {
    body: StartReplication.parse(body),
    user: 'tester',
    requestId: undefined,
    key: undefined,
  });
  return z.object({ job_id: z.string() }).parse(answer.body).job_id;
}

async function deleteReplication(ledger: Ledger, jobId: string, deleteVolumes: boolean): Promise<string> {
  const nobody = { requestId: undefined, key: undefined, ifMatch: undefined };
  const answer = await acceptDeletion(ledger, { jobId, deleteVolumes, user: 'tester', ...nobody });
  return z.object({ deletion_tracking_id: z.string() }).parse(answer.body).deletion_tracking_id;
}

function spawnWorker(db: Knex, env: Environment, death: Death | undefined): SpawnedWorker {
  const main = join(process.cwd(), 'test/support/replication-worker-main.ts');
  const name = `mortal-${randomBytes(4).toString('hex')}`;
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      ...env,
      MIGRATEKIT_WORKER_NAME: name,
      ...(death === undefined ? {} : { TEST_DEATH: JSON.stringify(death) }),
    },
  });
  const died = once(child, 'exit').then(async ([, signal]) => {
    await runOutLeases(db, name);
    return signal as string | null;
  });
  const kill9 = async (): Promise<void> => {
    child.kill('SIGKILL');
    await died;
  };
  return { died, kill9, [Symbol.asyncDispose]: kill9 };
}

async function ended(db: Knex, jobId: string, withinMs = PATIENCE_MS): Promise<JobRecord> {
  try {
    return await until(
      async () => {
        const job = await findJob(db, jobId);
        return job?.dispatchState === 'closed' ? job : undefined;
      },
      { withinMs, what: `the end of ${jobId}` },
    );
  } catch (error) {
    throw new Error(`job ${jobId} did not end\n${await jobStory(db, jobId)}`, { cause: error });
  }
}
