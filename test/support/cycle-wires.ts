import { join } from 'node:path';
import { Boundaries } from './boundaries.ts';
import { QmpWire } from './qmp-wire.ts';
import type { ReplicationStand } from './replication-stand.ts';
import { requests, statements, TurnWire, type Namer } from './turn-wire.ts';

/** Tables whose statements are the moments of a cycle. */
const OF_WORKER = /job_steps|vm_disks|disk_checkpoints|volume_overlays|replication_jobs/;
const OF_DAEMON = /volume_overlays|nbd_exports|device_mappings/;

/** Who asks whom: worker and volume daemon their database, the worker the daemon, that its qemu and CloudStack. */
export const WIRES = ['worker-sql', 'worker-http', 'daemon-sql', 'daemon-qmp', 'daemon-cloud'] as const;
export type WireName = (typeof WIRES)[number];
type Env = Readonly<Record<string, string>>;

/** The wires of one stand on which a cycle happens, and the settings that lead its processes onto them. */
export class CycleWires implements AsyncDisposable {
  readonly of: Readonly<Record<WireName, Boundaries>>;
  readonly worker: Env;
  readonly daemon: Env;
  readonly #stack: AsyncDisposableStack;

  private constructor(of: {
    boundaries: Readonly<Record<WireName, Boundaries>>;
    worker: Env;
    daemon: Env;
    stack: AsyncDisposableStack;
  }) {
    this.of = of.boundaries;
    this.worker = of.worker;
    this.daemon = of.daemon;
    this.#stack = of.stack;
  }

  static async start(stand: ReplicationStand): Promise<CycleWires> {
    await using stack = new AsyncDisposableStack();
    const boundaries = {
      'worker-sql': new Boundaries(),
      'worker-http': new Boundaries(),
      'daemon-sql': new Boundaries(),
      'daemon-qmp': new Boundaries(),
      'daemon-cloud': new Boundaries(),
    };
    const { env, db, cloud } = stand;
    const to = { host: env['MIGRATEKIT_DB_HOST'] ?? '', port: Number(env['MIGRATEKIT_DB_PORT']) };
    const wire = async (name: WireName, namer: Namer, server = to): Promise<number> =>
      stack.use(await TurnWire.start(server, namer, boundaries[name])).port;
    const here = (port: string | number): { host: string; port: number } => ({ host: '127.0.0.1', port: Number(port) });
    const daemonUrl = new URL(env['MIGRATEKIT_VOLUME_DAEMON_URL'] ?? '');
    const cloudPort = await wire('daemon-cloud', requests, here(cloud.simulator.port));
    const { endpoint } = cloud.simulator;
    await db('ossea_configs').update({ api_url: endpoint.replace(/:\d+/, `:${cloudPort}`) });
    const worker = {
      MIGRATEKIT_DB_PORT: String(await wire('worker-sql', statements(OF_WORKER))),
      MIGRATEKIT_VOLUME_DAEMON_URL: `http://127.0.0.1:${await wire('worker-http', requests, here(daemonUrl.port))}`,
    };
    const qmp = stack.use(new QmpWire(join(env['MIGRATEKIT_RUN_DIR'] ?? '', 'oma'), boundaries['daemon-qmp']));
    const daemon = {
      MIGRATEKIT_DB_PORT: String(await wire('daemon-sql', statements(OF_DAEMON))),
      PATH: qmp.path,
    };
    return new CycleWires({ boundaries, worker, daemon, stack: stack.move() });
  }

  /** How often each thing was asked on each wire since they were last set. */
  seen(): Record<WireName, ReadonlyMap<string, number>> {
    const of = (name: WireName): ReadonlyMap<string, number> => new Map(this.of[name].seen);
    return {
      'worker-sql': of('worker-sql'),
      'worker-http': of('worker-http'),
      'daemon-sql': of('daemon-sql'),
      'daemon-qmp': of('daemon-qmp'),
      'daemon-cloud': of('daemon-cloud'),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
