import { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { precondition, toAppError, type AppError } from '../base/errors.ts';
import { queueLog, workerLog } from '../base/logger.ts';
import { HOUR, MINUTE, SECOND } from '../base/units.ts';
import { inTransaction } from '../db/knex.ts';
import { claimJob, postponeJob, spendAttempt } from '../db/stores/job-claim.ts';
import { redispatch } from '../db/stores/job-repair.ts';
import { findJob, lockJob, type JobRecord } from '../db/stores/job-rows.ts';
import { textOf } from '../db/stores/job-settle.ts';
import type { BoundJob } from './catalogue.ts';
import { cancelRequested, shutdown } from './control.ts';
import { jobCancelled, jobClaimed, jobFailed, jobReturned } from './events.ts';
import { finishJob, isDatabaseAway } from './finish.ts';
import { Claim } from './job-run.ts';
import type { LeaseKeeper } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { handOver, isOnOffer } from './hand-over.ts';
import { decide } from './outcome.ts';
import { applyDecision, endJob, standingOf } from './settle.ts';

/** What a message says; the rest of its data is for people. */
const MessageBody = z.object({ jobId: z.string(), generation: z.int() });
type MessageBody = z.output<typeof MessageBody>;

/** A job that this version cannot read waits for a worker of a newer one: looked at this often, for so long. */
const POSTPONE_MS = 30 * SECOND;
const POSTPONE_LIMIT_MS = 24 * HOUR;
/** The database may be away when a message arrives: worth waiting for, because the message holds the place in the queue. */
const CLAIM_WITHIN_MS = 5 * MINUTE;

export interface TakerOptions {
  readonly ledger: Ledger;
  readonly jobs: readonly BoundJob[];
  readonly keeper: LeaseKeeper;
  /** Name of this process in leases and logs. */
  readonly workerName: string;
}

/** Turns a message into a claim, a run and an outcome. One per worker process. */
export class Taker {
  readonly #options: TakerOptions;
  readonly #jobs: ReadonlyMap<string, BoundJob>;
  readonly #running = new Set<Promise<string>>();
  #isClosing = false;

  constructor(options: TakerOptions) {
    this.#options = options;
    this.#jobs = new Map(options.jobs.map((job) => [job.entry.name, job]));
  }

  /**
   * Works one message off. What it returns and throws is for Bull Board; the ledger has its own truth by then.
   * @throws AppError when the attempt failed, or the database stayed away
   */
  async take(data: unknown): Promise<string> {
    const work = this.#work(data);
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Takes nothing any more, and asks what runs to stop. */
  stop(): void {
    this.#isClosing = true;
    this.#options.keeper.abortAll(shutdown());
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  async #work(data: unknown): Promise<string> {
    const message = MessageBody.safeParse(data);
    if (!message.success) throw precondition('job.message-invalid', 'the message names no job');
    const bound = await this.#patiently(() => this.#readable(message.data));
    if (typeof bound === 'string') return bound;
    const startedAtMs = this.#options.keeper.now();
    const job = await this.#patiently(() => this.#claim(message.data, bound)).catch(async (error: unknown) => {
      if (!isDatabaseAway(error)) await this.#claimFailed(message.data, toAppError(error));
      throw error;
    });
    if (job === undefined) return 'nothing to do: the job ended, moved on or is in other hands';
    const log = workerLog.child(factsOf(job, this.#options.workerName));
    const lease = this.#options.keeper.keep({ jobId: job.id, epoch: job.leaseEpoch, log }, startedAtMs);
    try {
      jobClaimed(log);
      if (this.#isClosing) lease.abort(shutdown());
      if (job.cancelRequested && job.direction === 'forward') lease.abort(cancelRequested(job.cancelReason));
      return await finishJob(this.#options.ledger, {
        bound,
        lease,
        claim: new Claim(this.#options.ledger, lease, job),
      });
    } finally {
      this.#options.keeper.drop(lease);
      this.#options.ledger.wakeRelay();
    }
  }

  /** The processor for the job of this message, or what to say instead. */
  async #readable(message: MessageBody): Promise<BoundJob | string> {
    const { ledger } = this.#options;
    const job = await findJob(ledger.db, message.jobId);
    if (job === undefined) return 'nothing to do: there is no such job';
    if (this.#isClosing) {
      await redispatch(ledger.db, { id: job.id, generation: message.generation });
      jobReturned(queueLog.child({ jobId: job.id }), 'shutdown before it was claimed');
      return 'left to another worker: this one shuts down';
    }
    const bound = this.#jobs.get(job.operation);
    const payload: unknown = JSON.parse(job.payloadJson);
    if (!bound?.entry.accepts(payload)) return this.#postpone(job, message.generation);
    const elsewhere = await bound.elsewhere?.(payload);
    if (elsewhere === undefined) return bound;
    await handOver(ledger, { ...job, generation: message.generation }, elsewhere);
    return `left to another process: ${elsewhere.error.message}`;
  }

  /** Later, not never: during a rolling update an old worker meets jobs of a new version. */
  async #postpone(job: JobRecord, generation: number): Promise<string> {
    const { ledger, workerName } = this.#options;
    const log = queueLog.child({ jobId: job.id, operation: job.operation, workerName });
    if (job.ageMs < POSTPONE_LIMIT_MS) {
      const error = unreadable(`worker ${workerName} cannot read job ${job.id}`);
      await postponeJob(ledger.db, { id: job.id, generation }, { delayMs: POSTPONE_MS, error: textOf(error) });
      log.warn({ retryInMs: POSTPONE_MS }, 'job is of a version that this worker cannot read');
      return 'left for a worker of a newer version';
    }
    const error = unreadable(`no worker could read job ${job.id} for a day`);
    const isEnded = await inTransaction(ledger.db, async (trx) => {
      const row = await lockJob(trx, job.id);
      if (row === undefined || row.generation !== generation || !isOnOffer(row)) return false;
      await endJob(trx, { catalogue: ledger.catalogue, job: row, outcome: { status: 'failed', error } });
      return true;
    });
    if (isEnded) jobFailed(log, error);
    return 'failed: no worker could read it';
  }

  async #claim(message: MessageBody, bound: BoundJob): Promise<JobRecord | undefined> {
    const { ledger, workerName } = this.#options;
    return inTransaction(ledger.db, async (trx) => {
      const claim = { ...message, owner: workerName, leaseMs: ledger.timing.leaseMs };
      const job = await claimJob(trx, claim);
      if (job !== undefined) await bound.entry.begun(trx, job.id);
      return job;
    });
  }

  /** The rows of the domain refuse the claim, so no worker will ever get further: that costs attempts like any failure. */
  async #claimFailed(message: MessageBody, error: AppError): Promise<void> {
    const { ledger } = this.#options;
    const decided = await inTransaction(ledger.db, async (trx) => {
      const row = await lockJob(trx, message.jobId);
      if (row === undefined || row.generation !== message.generation || !isOnOffer(row)) return undefined;
      await spendAttempt(trx, row.id);
      const standing = { ...(await standingOf(trx, row)), attempt: row.attempt + 1 };
      const decision = decide(standing, error, { ...ledger.timing, random: Math.random() });
      await applyDecision(trx, { catalogue: ledger.catalogue, job: row, error, decision });
      return decision;
    });
    const log = workerLog.child({ jobId: message.jobId });
    log.error({ err: error }, 'job could not be claimed');
    if (decided?.kind === 'fail') jobFailed(log, decided.error);
    if (decided?.kind === 'cancel') jobCancelled(log, error.message);
  }

  /** Repeats a step of the claim while the database is away. */
  async #patiently<T>(step: () => Promise<T>): Promise<T> {
    const giveUpAtMs = this.#options.keeper.now() + CLAIM_WITHIN_MS;
    for (;;) {
      try {
        return await step();
      } catch (error) {
        const isOver = this.#isClosing || this.#options.keeper.now() > giveUpAtMs;
        if (isOver || !isDatabaseAway(error)) throw error;
        await sleep(200 + Math.random() * 300);
      }
    }
  }
}

const unreadable = (message: string): AppError =>
  precondition('job.unreadable', message, {
    hint: 'run a worker of the version that accepted it; a job that has failed by then must be submitted again',
  });

/** What every line of this claim carries. */
function factsOf(job: JobRecord, worker: string): Record<string, unknown> {
  const { id: jobId, queue, leaseEpoch: epoch, attempt, contextId } = job;
  return { jobId, queue, epoch, attempt, contextId, worker };
}
