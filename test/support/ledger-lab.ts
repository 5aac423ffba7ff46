import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseConfig, LedgerConfig, RedisConfig } from '../../src/config/config.ts';
import { setLogLevel } from '../../src/base/logger.ts';
import { openDatabase, type Knex } from '../../src/db/knex.ts';
import { findJob, type JobRecord } from '../../src/db/stores/job-rows.ts';
import { openLedger, type Ledger } from '../../src/queues/ledger.ts';
import { submit } from '../../src/queues/submit.ts';
import { createTestDatabase } from './database.ts';
import { runOutLeases } from './dead-worker.ts';
import { jobStory } from './job-story.ts';
import { noop, openGate, readJournal, testCatalogue, type Action, type JournalEntry } from './noop-job.ts';
import { testRedis } from './redis.ts';
import { until } from './until.ts';

// The errors that these tests cause on purpose; workers log into a file.
setLogLevel('silent');

/**
 * Quick where it only saves waiting. The lease is that of the product, so that a machine that stands still for some
 * seconds costs no attempt: a test that kills a worker buries it.
 */
export const TEST_TIMING: LedgerConfig = {
  leaseMs: 30_000,
  heartbeatMs: 700,
  trustMs: 22_000,
  reconcileMs: 300,
  relayMs: 150,
  cancelPollMs: 200,
  dispatchTimeoutMs: 3_000,
  retryFirstMs: 100,
  retryMaxMs: 500,
};

/** The limit of every wait: only a defect reaches it. */
export const PATIENCE_MS = 90_000;

/** A worker in a process of its own. */
export interface TestWorker {
  readonly pid: number;
  /** Owner of its leases. */
  readonly name: string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  kill9(): Promise<void>;
}

export interface LabOptions {
  readonly timing?: Partial<LedgerConfig>;
  /** Servers of the test's own, when it stops them. */
  readonly database?: DatabaseConfig;
  readonly redis?: RedisConfig;
}

/** One ledger with its own database, its own keys in Redis and as many worker processes as asked for. Dispose it. */
export class LedgerLab implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'mk-ledger-'));
  readonly timing: LedgerConfig;
  readonly ledger: Ledger;
  readonly redis: RedisConfig;
  readonly #database: DatabaseConfig;
  readonly #knex: Knex;
  readonly #stack: AsyncDisposableStack;
  readonly #workers: TestWorker[] = [];

  private constructor(parts: {
    database: DatabaseConfig;
    knex: Knex;
    redis: RedisConfig;
    timing: LedgerConfig;
    stack: AsyncDisposableStack;
  }) {
    this.timing = parts.timing;
    this.redis = parts.redis;
    this.#database = parts.database;
    this.#knex = parts.knex;
    this.#stack = parts.stack;
    this.ledger = openLedger({ db: parts.knex, redis: parts.redis, ledger: parts.timing, catalogue: testCatalogue });
  }

  static async open(options: LabOptions = {}): Promise<LedgerLab> {
    const stack = new AsyncDisposableStack();
    const { knex, config: database } = await databaseFor(stack, options.database);
    const redis = options.redis ?? testRedis();
    return new LedgerLab({ database, knex, redis, timing: { ...TEST_TIMING, ...options.timing }, stack });
  }

  get db(): Knex {
    return this.#knex;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill9()));
    await this.ledger.close();
    await this.#stack.disposeAsync();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /**
   * Starts a worker and waits until it says that it is ready.
   * @param timing of this worker alone: where a test is about a lease that runs out by itself, or about not trusting it
   */
  async worker(timing: Partial<LedgerConfig> = {}): Promise<TestWorker> {
    const name = `test-${randomBytes(4).toString('hex')}`;
    const log = openSync(join(this.dir, 'worker.log'), 'a');
    const main = join(process.cwd(), 'test/support/worker-main.ts');
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
      stdio: ['ignore', 'pipe', log],
      env: { ...process.env, NODE_OPTIONS: '', TEST_WORKER: JSON.stringify(this.#settings(name, timing)) },
    });
    closeSync(log);
    const worker = handle(child, name);
    this.#workers.push(worker);
    await until(() => isReady.get(child), { withinMs: PATIENCE_MS, what: 'a worker to be ready' });
    return worker;
  }

  /** Kills it with -9, and lets its leases run out, so that another worker may take over at once. */
  async bury(worker: TestWorker): Promise<void> {
    await worker.kill9();
    await runOutLeases(this.#knex, worker.name);
  }

  async submit(...actions: Action[]): Promise<string> {
    const { jobId } = await submit(this.ledger, { contract: noop, payload: { actions } });
    return jobId;
  }

  open(gate: string): void {
    openGate(this.dir, gate);
  }

  journal(jobId?: string): JournalEntry[] {
    return readJournal(this.dir).filter((entry) => jobId === undefined || entry.jobId === jobId);
  }

  async job(jobId: string): Promise<JobRecord> {
    const job = await findJob(this.#knex, jobId);
    if (job === undefined) throw new Error(`no job ${jobId}`);
    return job;
  }

  /** Waits until the journal of the job says this; returns the newest such entry. */
  async untilNoted(jobId: string, what: string, times = 1): Promise<JournalEntry> {
    return until(
      () => {
        const found = this.journal(jobId).filter((entry) => entry.what === what);
        return found.length >= times ? found.at(-1) : undefined;
      },
      { withinMs: PATIENCE_MS, what: `job ${jobId} to note "${what}" ${times} times; ${this.#tail()}` },
    );
  }

  async untilJob(jobId: string, condition: (job: JobRecord) => boolean): Promise<JobRecord> {
    try {
      return await until(
        async () => {
          const job = await this.job(jobId);
          return condition(job) ? job : undefined;
        },
        { withinMs: PATIENCE_MS, what: 'the job' },
      );
    } catch (error) {
      const story = await jobStory(this.#knex, jobId);
      throw new Error(`job ${jobId} did not get there\n${story}\n${this.#tail()}`, { cause: error });
    }
  }

  untilEnded(jobId: string): Promise<JobRecord> {
    return this.untilJob(jobId, (job) => job.dispatchState === 'closed');
  }

  async untilWorkerLogs(text: string): Promise<void> {
    await until(() => this.#log().includes(text), { withinMs: PATIENCE_MS, what: `"${text}" in the log of a worker` });
  }

  /** Messages that fenced writes and the settled hook left, oldest first. */
  async written(jobId: string): Promise<string[]> {
    const rows: { message: string }[] = await this.#knex('job_execution_log')
      .where({ job_id: jobId })
      .orderBy('id')
      .select('message');
    return rows.map((row) => row.message);
  }

  #settings(name: string, timing: Partial<LedgerConfig>): unknown {
    return {
      name,
      db: { ...this.#database, password: this.#database.password.reveal(), poolMax: 6 },
      redis: { url: this.redis.url.reveal(), prefix: this.redis.prefix },
      timing: { ...this.timing, ...timing },
      dir: this.dir,
    };
  }

  #tail(): string {
    return `log of the workers: ${this.#log().slice(-3_000)}`;
  }

  #log(): string {
    const file = join(this.dir, 'worker.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}

const isReady = new WeakMap<ChildProcess, boolean>();

function handle(child: ChildProcess, name: string): TestWorker {
  child.stdout?.on('data', () => isReady.set(child, true));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid ?? 0,
    name,
    signal: (name) => child.kill(name),
    exited,
    async kill9() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function databaseFor(
  stack: AsyncDisposableStack,
  config: DatabaseConfig | undefined,
): Promise<{ knex: Knex; config: DatabaseConfig }> {
  if (config === undefined) return stack.use(await createTestDatabase());
  const knex = openDatabase(config);
  stack.defer(() => knex.destroy());
  return { knex, config };
}
