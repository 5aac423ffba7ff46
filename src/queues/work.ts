import { randomBytes } from 'node:crypto';
import { Worker, type Job } from 'bullmq';
import { workerLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { RedisConfig, WorkerConfig } from '../config/config.ts';
import type { BoundJob } from './catalogue.ts';
import type { QueueName } from './define-job.ts';
import { KEEP_COMPLETED, KEEP_FAILED } from './doorbell.ts';
import { Leader } from './leader.ts';
import { LeaseKeeper } from './lease.ts';
import { openLedger, type Ledger, type LedgerOptions } from './ledger.ts';
import { within, type Loop } from './loop.ts';
import { Reconciler } from './reconcile.ts';
import { WorkerConnection } from './redis.ts';
import { relayOnce, startRelay } from './relay.ts';
import { Taker } from './take.ts';

export interface WorkersOptions extends LedgerOptions {
  readonly worker: Pick<WorkerConfig, 'name' | 'concurrency' | 'shutdownMs'>;
  /** The work that this process can do: bindJobs of catalogue.ts. */
  readonly jobs: readonly BoundJob[];
  /** Queues to serve; all that `jobs` names when absent. */
  readonly queues?: readonly QueueName[];
}

/** BullMQ's lock on a message; the lease in the database is what counts, so this one may be generous. */
const LOCK_MS = 60 * SECOND;
/** The counter never goes back for the life of a message, and only means that Redis was away. */
const STALLS_MAX = 10;
/** How soon a worker asks again after Redis failed it. */
const RETRY_MS = 1 * SECOND;
/** BullMQ's own clean-up may hang on an absent Redis; the database has everything by then. */
const CLOSE_WITHIN_MS = 5 * SECOND;
const LEADER_ROUNDS = 3;

/**
 * Starts a worker process: BullMQ workers, heartbeats, relay and reconciler (which acts in one process at a time).
 * Works through the absence of Redis and of the database, and picks up again by itself. Close it.
 */
export function startWorkers(options: WorkersOptions): Workers {
  return new Workers(options);
}

export class Workers implements AsyncDisposable {
  readonly #options: WorkersOptions;
  readonly #ledger: Ledger;
  readonly #connection: WorkerConnection;
  readonly #keeper: LeaseKeeper;
  readonly #taker: Taker;
  readonly #workers: Worker[];
  readonly #relay: Loop;
  readonly #reconciler: Loop;
  readonly #leader: Leader;
  #closing: Promise<void> | undefined;

  constructor(options: WorkersOptions) {
    this.#options = options;
    const ledger = openLedger(options);
    this.#ledger = ledger;
    this.#relay = startRelay(ledger);
    ledger.wakeRelay = () => this.#relay.wake();
    this.#keeper = new LeaseKeeper({ db: ledger.db, timing: ledger.timing, log: workerLog });
    const workerName = options.worker.name;
    this.#taker = new Taker({ ledger, jobs: options.jobs, keeper: this.#keeper, workerName });
    // Two processes of one name must not take each other for themselves.
    const owner = `${workerName}-${randomBytes(4).toString('hex')}`;
    this.#leader = new Leader(ledger.db, {
      name: 'reconciler',
      owner,
      ttlMs: LEADER_ROUNDS * ledger.timing.reconcileMs,
    });
    this.#reconciler = new Reconciler(ledger).start(this.#leader);
    this.#connection = new WorkerConnection(options.redis);
    this.#workers = queuesOf(options).map((queue) => this.#serve(queue, options.redis));
    workerLog.info({ workerName, queues: queuesOf(options) }, 'worker started');
  }

  /** Submit, cancel and child jobs of this process may use it. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /**
   * Takes nothing more, asks every job to stop at a safe point, and puts them back into their queues without using an
   * attempt. A job that does not stop within `shutdownMs` keeps its lease until it runs out, because its effects may
   * go on until this process is gone. Always resolves.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #serve(queue: QueueName, redis: RedisConfig): Worker {
    const worker = new Worker(queue, bullProcessor(this.#taker), {
      connection: this.#connection,
      prefix: redis.prefix,
      name: this.#options.worker.name,
      concurrency: this.#options.worker.concurrency,
      lockDuration: LOCK_MS,
      maxStalledCount: STALLS_MAX,
      runRetryDelay: RETRY_MS,
      removeOnComplete: KEEP_COMPLETED,
      removeOnFail: KEEP_FAILED,
    });
    // Without a listener an absent Redis would end the process.
    worker.on('error', (error) => workerLog.debug({ queue, reason: error.message }, 'bullmq error'));
    return worker;
  }

  async #close(): Promise<void> {
    this.#taker.stop();
    const closing = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    await within(this.#options.worker.shutdownMs, this.#taker.idle());
    const stuck = this.#taker.runningCount;
    if (stuck > 0) workerLog.error({ stuck }, 'jobs did not stop; their leases run out by themselves');
    await this.#reconciler.close();
    await this.#relay.close();
    // What went back to its queue is rung for at once, so that another worker need not wait for its own relay.
    await within(
      CLOSE_WITHIN_MS,
      relayOnce(this.#ledger).catch(() => 0),
    );
    await within(
      CLOSE_WITHIN_MS,
      this.#leader.close().catch(() => undefined),
    );
    await within(CLOSE_WITHIN_MS, closing);
    this.#connection.cut();
    await this.#keeper.close();
    await this.#ledger.close();
    workerLog.info('worker stopped');
  }
}

/**
 * The function that BullMQ calls. It looks at the number of formal parameters and makes an AbortSignal only for three;
 * ours comes from the lease, but a processor that never gets one must not depend on a detail like this.
 */
export function bullProcessor(
  taker: Pick<Taker, 'take'>,
): (message: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<string> {
  return async (message, _token, _signal) => taker.take(message.data);
}

function queuesOf(options: WorkersOptions): QueueName[] {
  const named = new Set(options.jobs.map((job) => job.entry.contract.queue));
  return options.queues === undefined ? [...named] : options.queues.filter((queue) => named.has(queue));
}
