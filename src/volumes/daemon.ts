import type { Knex } from 'knex';
import type { Config } from '../config/config.ts';
import { openDatabase, openLeaseDatabase } from '../db/knex.ts';
import { bindJob } from '../queues/catalogue.ts';
import type { Processor } from '../queues/define-job.ts';
import { attachVolume, type VolumeAction, type VolumeResult } from '../queues/jobs/attach-volume.ts';
import type { Catalogue } from '../queues/catalogue.ts';
import { startWorkers } from '../queues/work.ts';
import type { OpenCloud } from './cloud.ts';
import { openVolumes, type Volumes } from './context.ts';
import { keepRegistered } from './register.ts';
import { startVolumeServer } from './server.ts';

/** Makes the work of queue attach-volume; it lives in src/processors, which this room may not know. */
export type MakeProcessor = (parts: { db: Knex; volumes: Volumes }) => Processor<VolumeAction, VolumeResult>;

export interface VolumeDaemonOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly processor: MakeProcessor;
  /** The CloudStack that volumes live in. */
  readonly openCloud: (db: Knex) => OpenCloud;
}

export interface VolumeDaemon extends AsyncDisposable {
  /** http://host:port, without /api/v1. */
  readonly url: string;
  readonly volumes: Volumes;
  /** Refuses requests, puts jobs back, ends qemu and with it every export. */
  close(): Promise<void>;
}

/**
 * Starts everything of this host that has to do with volumes: qemu-storage-daemon, the worker of queue attach-volume and
 * the HTTP server, which listens when this returns.
 * @throws upstream `qemu.start-failed`; precondition `volume-daemon.no-token`.
 */
export async function startVolumeDaemon(options: VolumeDaemonOptions): Promise<VolumeDaemon> {
  const { config, catalogue, processor, openCloud } = options;
  const stack = new AsyncDisposableStack();
  try {
    const db = openDatabase(config.database);
    stack.defer(() => db.destroy());
    const leaseDb = openLeaseDatabase(config.database);
    stack.defer(() => leaseDb.destroy());
    const volumes = await openVolumes({ db, config: config.volumeDaemon });
    stack.defer(() => volumes.close());
    const jobs = [bindJob(attachVolume, processor({ db, volumes }), (action) => volumes.elsewhere(action))];
    const { redis, ledger, worker } = config;
    const workers = startWorkers({ db, leaseDb, redis, ledger, catalogue, worker, jobs });
    stack.defer(() => workers.close());
    const server = await startVolumeServer({
      config: config.volumeDaemon,
      db,
      ledger: workers.ledger,
      volumes,
      openCloud: openCloud(db),
    });
    stack.defer(() => server.close());
    const { publicUrl, attachSlots: slots } = config.volumeDaemon;
    const url = publicUrl ?? server.url;
    stack.use(await keepRegistered({ db, own: volumes.own, url, slots, openCloud: openCloud(db) }));
    const close = (): Promise<void> => stack.disposeAsync();
    return { url: server.url, volumes, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
