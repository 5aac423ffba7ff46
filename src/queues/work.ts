import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { workerLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { WorkerConfig } from '../config/config.ts';
import { openLogSink, type LogSink } from '../db/log-sink.ts';
import type { BoundJob } from './catalogue.ts';
import type { QueueName } from './define-job.ts';
import { Leader } from './leader.ts';
import { LeaseKeeper } from './lease.ts';
import { openLedger, type Ledger, type LedgerOptions } from './ledger.ts';
import { Loop, within } from './loop.ts';
import { startPeriodic, type PeriodicJob } from './periodic.ts';
import { QueueWorker } from './queue-worker.ts';
import { Reconciler } from './reconcile.ts';
import { relayOnce, startRelay } from './relay.ts';
import { Taker } from './take.ts';

export interface WorkersOptions extends LedgerOptions {
  readonly worker: Pick<WorkerConfig, 'name' | 'concurrency' | 'shutdownMs'>;
  /** The work that this process can do: bindJobs of catalogue.ts. */
  readonly jobs: readonly BoundJob[];
  /** Jobs that are submitted again and again, by one process at a time. */
  readonly periodic?: readonly PeriodicJob[];
  /** Queues to serve; all that `jobs` names when absent. */
  readonly queues?: readonly QueueName[];
  /** A small pool for heartbeats, so that busy jobs cannot starve them; `db` when absent. Stays the caller's. */
  readonly leaseDb?: Knex;
}

/** What BullMQ and the database may take for saying good-bye; the ledger has everything by then. */
const CLOSE_WITHIN_MS = 5 * SECOND;
/** A leader that misses this many rounds is replaced. */
const LEADER_ROUNDS = 3;
const PROBE_MS = 30 * SECOND;

/**
 * Starts a worker process: BullMQ workers, heartbeats, relay and reconciler (which acts in one process at a time).
 * Works through the absence of Redis and of the database, and picks up again by itself. Close it.
 */
export function startWorkers(options: WorkersOptions): Workers {
  return new Workers(options);
}

export class Workers implements AsyncDisposable {
  /** Submit, cancel and child jobs of this process may use it. */
  readonly ledger: Ledger;
  readonly #options: WorkersOptions;
  readonly #keeper: LeaseKeeper;
  readonly #taker: Taker;
  readonly #workers: readonly QueueWorker[];
  readonly #relay: Loop;
  readonly #reconciler: Loop;
  readonly #periodic: { close(): Promise<unknown> };
  readonly #probe: Loop;
  readonly #leader: Leader;
  readonly #logSink: LogSink;
  #closing: Promise<void> | undefined;

  constructor(options: WorkersOptions) {
    const ledger = openLedger(options);
    const { name, concurrency } = options.worker;
    this.#options = options;
    this.#logSink = openLogSink(options.db);
    this.ledger = ledger;
    this.#relay = startRelay(ledger);
    ledger.wakeRelay = () => this.#relay.wake();
    this.#keeper = new LeaseKeeper({ db: options.leaseDb ?? ledger.db, timing: ledger.timing, log: workerLog });
    this.#taker = new Taker({ ledger, jobs: options.jobs, keeper: this.#keeper, workerName: name });
    // Two processes of one name must not take each other for themselves.
    const owner = `${name}-${randomBytes(4).toString('hex')}`;
    this.#leader = new Leader(ledger.db, {
      name: 'reconciler',
      owner,
      ttlMs: LEADER_ROUNDS * ledger.timing.reconcileMs,
    });
    this.#reconciler = new Reconciler(ledger).start(this.#leader);
    this.#periodic = startPeriodic(ledger, owner, options.periodic ?? []);
    const take = (data: unknown): Promise<string> => this.#taker.take(data);
    this.#workers = queuesOf(options).map(
      (queue) => new QueueWorker({ queue, redis: options.redis, name, concurrency, take }),
    );
    this.#probe = new Loop({ name: 'probe', everyMs: PROBE_MS, log: workerLog, round: () => this.#probeAll() });
    workerLog.info({ name, queues: queuesOf(options) }, 'worker started');
  }

  /** Jobs in this process that have not ended. After close(): those that did not stop in time. */
  get runningCount(): number {
    return this.#taker.runningCount;
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

  async #probeAll(): Promise<void> {
    for (const worker of this.#workers) {
      if (this.#closing === undefined) await worker.probe(this.ledger.doorbell);
    }
  }

  async #close(): Promise<void> {
    this.#taker.stop();
    const closing = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    await within(this.#options.worker.shutdownMs, this.#taker.idle());
    if (this.runningCount > 0) {
      workerLog.error({ stuck: this.runningCount }, 'jobs did not stop; their leases run out by themselves');
    }
    const loops = [this.#probe.close(), this.#periodic.close(), this.#reconciler.close(), this.#relay.close()];
    await within(CLOSE_WITHIN_MS, Promise.allSettled(loops));
    // What went back to its queue is rung for at once, so that another worker need not wait for its own relay.
    await within(CLOSE_WITHIN_MS, relayOnce(this.ledger));
    await within(CLOSE_WITHIN_MS, this.#leader.close());
    await within(CLOSE_WITHIN_MS, closing);
    for (const worker of this.#workers) worker.cut();
    await within(CLOSE_WITHIN_MS, this.#keeper.close());
    await this.#logSink.close();
    await this.ledger.close();
    workerLog.info('worker stopped');
  }
}

function queuesOf(options: WorkersOptions): QueueName[] {
  const named = new Set(options.jobs.map((job) => job.entry.contract.queue));
  return options.queues === undefined ? [...named] : options.queues.filter((queue) => named.has(queue));
}
