import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runOutLeases } from './dead-worker.ts';
import { processNaming } from './processes.ts';
import type { ReplicationStand } from './replication-stand.ts';
import { until } from './until.ts';

const NAME = 'mortal-daemon';
const EITHER = [() => true, () => false] as const;

/** The volume daemon of a stand as a process of its own, in the place of the one in this process. */
export class MortalDaemon implements AsyncDisposable {
  readonly #stand: ReplicationStand;
  readonly #env: Readonly<Record<string, string>>;
  readonly #main: string;
  #child: ChildProcess | undefined;
  /** Was struck dead, also where its end is not told yet. */
  #isStruck = false;

  private constructor(stand: ReplicationStand, env: Readonly<Record<string, string>>, main: string) {
    this.#stand = stand;
    this.#env = env;
    this.#main = main;
  }

  /**
   * @param env what is other for it than for the rest of the stand
   * @param main what the process runs
   */
  static async start(
    stand: ReplicationStand,
    env: Readonly<Record<string, string>>,
    main = 'src/bin/volume-daemon.ts',
  ): Promise<MortalDaemon> {
    await stand.volumeDaemon.stop();
    const daemon = new MortalDaemon(stand, env, main);
    await daemon.start();
    return daemon;
  }

  get isAlive(): boolean {
    return (
      !this.#isStruck && this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
    );
  }

  async start(): Promise<void> {
    if (this.isAlive) return;
    const { env } = this.#stand;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, this.#main], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        ...env,
        ...this.#env,
        MIGRATEKIT_VOLUME_DAEMON_PORT: new URL(env['MIGRATEKIT_VOLUME_DAEMON_URL'] ?? '').port,
        MIGRATEKIT_WORKER_NAME: NAME,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#isStruck = false;
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line').then(([first]) => String(first)),
      once(child, 'exit').then(() => 'ended'),
    ]);
    if (!line.includes('url')) throw new Error(`the volume daemon did not start: ${line}`);
  }

  /** At once, qemu with it. */
  killNow(): void {
    this.#isStruck = true;
    this.#child?.kill('SIGKILL');
  }

  /** @returns whether there was one */
  killQemu(): boolean {
    const dir = join(this.#stand.env['MIGRATEKIT_RUN_DIR'] ?? '', 'oma');
    try {
      return process.kill(processNaming(dir, 'qemu-storage-daemon'), 'SIGKILL');
    } catch {
      return false;
    }
  }

  /** Once it is dead: what it had claimed is free. */
  async buried(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    // A transaction of the dead one may hold the rows until the database has seen that it is gone.
    const isFree = (): Promise<boolean> => runOutLeases(this.#stand.db, NAME).then(...EITHER);
    await until(isFree, { withinMs: 60_000, what: 'the leases of a dead volume daemon' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.killNow();
    await this.buried();
  }
}
