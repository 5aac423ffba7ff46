import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppError } from '../base/errors.ts';
import { labLog } from '../base/logger.ts';
import { configureCloud, consoleTextOf, mapNetworks, omaMacsOf, startCloud } from './cloud.ts';
import type { CloudStackSimulator } from './cloudstack/simulator.ts';
import { freePort } from './embedded/free-port.ts';
import { startMariadb } from './embedded/mariadb.ts';
import { startRedis } from './embedded/redis.ts';
import { makeShortFolder } from './embedded/short-folder.ts';
import {
  folderRootOf,
  labEnvironment,
  labSecrets,
  vmsDirOf,
  type LabEndpoints,
  type LabSecrets,
} from './environment.ts';
import { guestVms } from './guest-vms.ts';
import { labDisks, makeImages } from './images.ts';
import { Parts } from './parts.ts';
import { takeFolder } from './owner.ts';
import { processId } from './process-id.ts';
import { labToken } from './seed.ts';
import { registerVms, startVcenter, type LabVm } from './source.ts';
import { keepState, type LabState } from './state.ts';
import type { VcenterSimulator } from './vcenter/simulator.ts';

/**
 * The whole product on one machine, in one folder: MariaDB, Redis, simulators of vCenter and CloudStack, VMA, volume daemon, API and
 * workers, each a process of its own, as in production. Whoever calls `startLab` is the supervisor: when it ends,
 * however it ends, the kernel ends them all.
 */

export interface LabOptions {
  readonly dir: string;
  /** Folder of this program. */
  readonly home: string;
  readonly workers: number;
  readonly vms: number;
  /** VMs that are started in the lab's CloudStack really boot. */
  readonly guests: boolean;
  /** Limit of a job's copying; 0 is none. */
  readonly rateBytesPerS: number;
  /** Timing settings for its processes; see environment.ts. */
  readonly timing: Readonly<Record<string, string>>;
  /** Ends the start between two parts: what was started until then is stopped, and the start throws its reason. */
  readonly signal?: AbortSignal;
}

export interface Lab {
  readonly state: LabState;
  /** Its simulators, as only the process that runs them sees them: what really is, whatever our own rows say. */
  readonly vcenter: VcenterSimulator;
  readonly cloud: CloudStackSimulator;
  /** Resolves when a part has died too often for the lab to be of use; what still runs is to be stopped then. */
  readonly failed: Promise<AppError>;
  /** Stops every process that was started, newest first, and removes the folder of sockets. Safe to call twice. */
  stop(): Promise<void>;
}

/** What to undo, newest last. */
type Stops = (() => Promise<void>)[];

/** @throws conflict `lab.already-running`; upstream `embedded.not-started` with the end of the log that tells why */
export async function startLab(options: LabOptions): Promise<Lab> {
  await mkdir(options.dir, { recursive: true });
  const giveBack = takeFolder(options.dir);
  const stops: Stops = [() => Promise.resolve(giveBack())];
  const stop = async (): Promise<void> => {
    for (let undo = stops.pop(); undo !== undefined; undo = stops.pop()) {
      await undo().catch((error: unknown) => labLog.warn({ err: error }, 'part of the lab did not stop cleanly'));
    }
  };
  const failure = Promise.withResolvers<AppError>();
  try {
    return { ...(await start(options, stops, failure.resolve)), failed: failure.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Started = Pick<Lab, 'state' | 'vcenter' | 'cloud'>;

async function start(options: LabOptions, stops: Stops, onGivenUp: (error: AppError) => void): Promise<Started> {
  const { dir, signal } = options;
  const logDir = join(dir, 'logs');
  for (const folder of [logDir, folderRootOf(dir), join(dir, 'state')]) await mkdir(folder, { recursive: true });
  const runDir = await makeShortFolder('mk-lab-');
  stops.push(() => rm(runDir, { recursive: true, force: true }));

  const vms = [...labVms(options), ...(options.guests ? guestVms(options) : [])];
  const { endpoints, servicePids } = await startServices({ dir, vms }, stops);
  signal?.throwIfAborted();
  const secrets = await labSecrets(dir);
  const cloud = await startCloud(dir, { guests: options.guests });
  stops.push(() => cloud.close());
  const env = labEnvironment({ home: options.home, dir, runDir }, endpoints, {
    secrets,
    rateBytesPerS: options.rateBytesPerS,
    timing: options.timing,
    omaMacs: omaMacsOf(cloud),
    consoleText: options.guests ? consoleTextOf(cloud) : undefined,
  });
  const kept = keepState();
  const onRestart = (): void => kept.change({ processes: [...servicePids, ...parts.ids] });
  const parts = new Parts({ home: options.home, logDir, env, signal, onRestart, onGivenUp });
  stops.push(() => parts.stopAll());

  await parts.runOnce('migrate');
  await configureCloud(env, cloud);
  const vcenter = await startVcenter(dir, vms);
  stops.push(() => vcenter.close());
  const urls = urlsOf(endpoints);
  await parts.serve('vma', { url: `${urls.vma}/health` });
  await parts.serve('volume-daemon', { url: `${urls.volumeDaemon}/health` });
  await parts.serve('api', { url: `${urls.api}/health` });
  const token = await labToken(urls.api, join(dir, 'state'));
  await registerVms({ name: 'api', url: urls.api, token }, vcenter, vms);
  await mapNetworks(env, cloud);
  const workers: { pid: number }[] = [];
  for (let index = 1; index <= options.workers; index += 1) workers.push({ pid: await parts.work(`worker-${index}`) });

  const state: LabState = {
    dir,
    run_dir: runDir,
    ready: true,
    supervisor: processId('supervisor', process.pid),
    processes: [...servicePids, ...parts.ids],
    ...wiring({ urls, secrets, token }),
    vcenter: accessTo(vcenter),
    cloudstack: { endpoint: cloud.endpoint, api_key: cloud.apiKey.reveal(), secret_key: cloud.secretKey.reveal() },
    database: endpoints.database,
    redis: { url: endpoints.redisUrl },
    workers,
    disks: vms.flatMap((vm) =>
      vm.disks.map((disk) => ({ vm: vm.name, disk_id: `disk-${disk.key}`, path: join(vm.folder, disk.file) })),
    ),
  };
  await kept.begin(state);
  stops.push(() => kept.end());
  return { state, vcenter, cloud };
}

interface Urls {
  readonly api: string;
  readonly vma: string;
  readonly volumeDaemon: string;
}

const urlsOf = (endpoints: LabEndpoints): Urls => ({
  api: `http://127.0.0.1:${endpoints.apiPort}/api/v1`,
  vma: `http://127.0.0.1:${endpoints.vmaPort}/api/v1`,
  volumeDaemon: `http://127.0.0.1:${endpoints.volumeDaemonPort}/api/v1`,
});

function wiring(parts: { urls: Urls; secrets: LabSecrets; token: string }) {
  return {
    api: { url: parts.urls.api, token: parts.token },
    board: new URL('/admin/queues', parts.urls.api).href,
    console: null,
    vma: { url: parts.urls.vma, token: parts.secrets.vmaToken },
    volume_daemon: { url: parts.urls.volumeDaemon, token: parts.secrets.volumeDaemonToken },
  };
}

const accessTo = ({ url, username, password, thumbprint }: VcenterSimulator): LabState['vcenter'] => ({
  url,
  username,
  password: password.reveal(),
  thumbprint,
});

const labVms = ({ dir, vms }: LabOptions): LabVm[] =>
  Array.from({ length: vms }, (_, index) => {
    const name = `lab-vm-${index + 1}`;
    return { name, folder: join(vmsDirOf(dir), name), disks: labDisks(index) };
  });

/** Database, Redis and the VMs' disks, made side by side because each takes seconds. */
async function startServices({ dir, vms }: { dir: string; vms: readonly LabVm[] }, stops: Stops) {
  const starting = [
    startMariadb({ dir: join(dir, 'mariadb') }).then((server) => (stops.push(() => server.stop()), server)),
    startRedis({ dir: join(dir, 'redis'), appendOnly: true }).then(
      (server) => (stops.push(() => server.stop()), server),
    ),
    ...vms.map((vm) => makeImages(vm.folder, vm.disks)),
  ] as const;
  // All of them first: what comes up after another one failed has to be stopped, too.
  await Promise.allSettled(starting);
  const [mariadb, redis] = await Promise.all(starting);
  await mariadb.createDatabase('migratekit_oma');
  const [apiPort, vmaPort, volumeDaemonPort, nbdPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const { host, port, user } = mariadb;
  const endpoints: LabEndpoints = {
    database: { host, port, user, password: mariadb.password.reveal(), name: 'migratekit_oma' },
    redisUrl: redis.url.reveal(),
    apiPort,
    vmaPort,
    volumeDaemonPort,
    nbdPort,
  };
  return { endpoints, servicePids: [processId('mariadb', mariadb.pid), processId('redis', redis.pid)] };
}
