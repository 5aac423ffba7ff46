import { parseArgs } from 'node:util';
import { invalidRequest } from '../base/errors.ts';
import type { Service } from '../base/service.ts';
import { consoleTextReader } from '../cloudstack/console-text.ts';
import type { Config } from '../config/config.ts';
import { openDatabase, openLeaseDatabase, type Knex } from '../db/knex.ts';
import { openSecretBox } from '../db/secret-box.ts';
import { bindJobs, catalogue } from '../queues/catalogue.ts';
import { QUEUE_NAMES, type QueueName } from '../queues/define-job.ts';
import { startWorkers } from '../queues/work.ts';
import { createVmaClient } from '../vma/client.ts';
import { openCloudFrom } from '../volumes/cloud.ts';
import { volumeDaemons } from '../volumes/daemons.ts';
import { expireFailovers } from './expire-failovers.ts';
import type { FailoverDeps } from './failover/context.ts';
import { workerProcessors } from './index.ts';
import { WorkerBandwidth } from './replicate/bandwidth.ts';
import type { ReplicateDeps } from './replicate/context.ts';
import { reconcileSchedule } from './reconcile-volumes/schedule.ts';
import { sweepSchedule } from './sweep-snapshots/schedule.ts';

/** Queues of `--queues a,b`; undefined means all. @throws invalid-request `cli.usage` */
export function queuesOption(args: readonly string[]): QueueName[] | undefined {
  const usage = `usage: migratekit worker [--queues ${QUEUE_NAMES.join(',')}]`;
  let named: string | undefined;
  try {
    named = parseArgs({ args: [...args], options: { queues: { type: 'string' } } }).values.queues;
  } catch (cause) {
    throw invalidRequest('cli.usage', usage, { cause });
  }
  return named?.split(',').map((name) => {
    const queue = QUEUE_NAMES.find((known) => known === name);
    if (queue === undefined) throw invalidRequest('cli.usage', `there is no queue ${name}; ${usage}`);
    return queue;
  });
}

/** What the work of this process may use, from its settings. @throws precondition `secret.no-key` */
export function replicateDeps(config: Config, db: Knex): ReplicateDeps {
  return {
    db,
    box: openSecretBox(config),
    vma: createVmaClient(config.vmaPeer),
    volumes: volumeDaemons(db, {
      url: config.volumeDaemonPeer.url,
      token: config.volumeDaemonPeer.token?.reveal(),
    }),
    installationId: config.installationId,
    bandwidth: new WorkerBandwidth(config.worker.bandwidth),
    connections: config.worker.copyConnections,
    verify: config.worker.verify,
    manifestDir: config.worker.manifestDir,
    newVolumesAreZero: config.worker.newVolumesAreZero,
    fullResyncByHash: config.worker.fullResyncByHash,
    compareEveryDays: config.worker.compareEveryDays,
    clockSkewMs: config.worker.clockSkewMs,
  };
}

/** The same and what failovers use besides. @throws precondition `secret.no-key` */
export function failoverDeps(config: Config, deps: ReplicateDeps): FailoverDeps {
  const { db, box, vma } = deps;
  const { consoleText } = config;
  return {
    finalSyncMs: config.worker.finalSyncMs,
    db,
    box,
    vma,
    openCloud: openCloudFrom(db, box, { pollMs: config.volumeDaemon.cloudPollMs }),
    readConsole: consoleText === undefined ? undefined : consoleTextReader(consoleText),
    bootTiming: { staysMs: config.bootStaysMs },
  };
}

/**
 * Composes and starts a worker process. Close it: jobs then reach a safe point and go back to their queues.
 * @throws precondition `secret.no-key`
 */
export function startWorkerProcess(config: Config, queues?: readonly QueueName[]): Service {
  const db = openDatabase(config.database);
  const leaseDb = openLeaseDatabase(config.database);
  const deps = replicateDeps(config, db);
  const processors = workerProcessors({ ...deps, ...failoverDeps(config, deps), snapshots: config.snapshots });
  const workers = startWorkers({
    db,
    leaseDb,
    redis: config.redis,
    ledger: config.ledger,
    catalogue,
    worker: config.worker,
    jobs: bindJobs(processors),
    periodic: [
      expireFailovers,
      ...sweepSchedule(config.snapshots.sweepMs),
      ...reconcileSchedule(config.worker.reconcileVolumesMs),
    ],
    ...(queues === undefined ? {} : { queues }),
  });
  return {
    async close() {
      await workers.close();
      await leaseDb.destroy();
      await db.destroy();
    },
  };
}
