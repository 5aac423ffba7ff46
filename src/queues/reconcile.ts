import { queueLog } from '../base/logger.ts';
import { precondition } from '../base/errors.ts';
import { inTransaction } from '../db/knex.ts';
import {
  expiredClaims,
  isExpired,
  liveMessages,
  redispatch,
  redispatchAll,
  uncarriedCancels,
  untakenJobs,
  wakeOverdue,
} from '../db/stores/job-repair.ts';
import { pruneLogEvents } from '../db/stores/log-event-store.ts';
import { lockJob, type JobRecord } from '../db/stores/job-rows.ts';
import { requeueJob } from '../db/stores/job-settle.ts';
import { undoIncomplete } from '../workflow/undo.ts';
import { carryOutCancel, endUnheld, unheldEnded } from './cancel.ts';
import { QUEUE_NAMES } from './define-job.ts';
import { jobFailed, repaired } from './events.ts';
import { jobOfMessage, messageId } from './job-id.ts';
import type { Leader } from './leader.ts';
import type { Ledger } from './ledger.ts';
import { Loop } from './loop.ts';
import type { Decision } from './outcome.ts';
import { applyDecision, standingOf, waitsForChildren } from './settle.ts';

const BATCH = 100;
/** Sweeping what lies in Redis is housekeeping: once in so many rounds. */
const SWEEP_EVERY = 12;
/** Log events that one round deletes at most: short locks, and more than a busy day makes in a day of rounds. */
const PRUNE_ROWS = 500;
/** States in which BullMQ still has to hand a message out. */
const HELD_BY_REDIS: ReadonlySet<string> = new Set(['waiting', 'prioritized', 'delayed']);

/**
 * Repairs what died half way, in both directions; one leader, every `reconcileMs`. It never waits for BullMQ's own
 * recovery: a message sent again under a new generation makes the old one say nothing.
 */
export class Reconciler {
  readonly #ledger: Ledger;
  #rounds = 0;
  #untakenAfterId = '';

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  start(leader: Leader): Loop {
    return new Loop({
      name: 'reconcile',
      everyMs: this.#ledger.timing.reconcileMs,
      log: queueLog,
      round: async () => {
        if (await leader.leads()) await this.once();
      },
    });
  }

  /** One round. What needs Redis is left out while Redis is away. */
  async once(): Promise<void> {
    await this.#endDeadClaims();
    repaired('wait-overdue', await wakeOverdue(this.#ledger.db));
    await this.#prune();
    for (const id of await uncarriedCancels(this.#ledger.db, { unheld: this.#cancelsUnheld(), limit: BATCH })) {
      await carryOutCancel(this.#ledger, id);
      repaired('cancel-carried-out', 1, { jobId: id });
    }
    if (this.#ledger.doorbell.isReady()) {
      await this.#checkSentinel();
      await this.#findLostMessages();
      this.#rounds += 1;
      if (this.#rounds % SWEEP_EVERY === 0) await this.#sweepLeftovers();
    }
    this.#ledger.wakeRelay();
  }

  #cancelsUnheld(): string[] {
    const entries = [...this.#ledger.catalogue.values()];
    return entries.filter((entry) => entry.contract.cancelsUnheld === true).map((entry) => entry.name);
  }

  async #endDeadClaims(): Promise<void> {
    for (const dead of await expiredClaims(this.#ledger.db, BATCH)) {
      // One row that cannot be mended must not keep the others waiting.
      try {
        const tell = await inTransaction(this.#ledger.db, (trx) => this.#endDeadClaim(trx, dead));
        tell();
      } catch (error) {
        queueLog.error({ jobId: dead.id, err: error }, 'dead claim could not be ended');
      }
    }
  }

  /**
   * The worker died, hung or lost the network. Another attempt, when there is one left; a workflow that has none left
   * must not stay half done: it turns back, with attempts of its own for that.
   * @returns what to say when this is stored
   */
  async #endDeadClaim(trx: Parameters<typeof lockJob>[0], dead: JobRecord): Promise<() => void> {
    const job = await lockJob(trx, dead.id);
    if (job === undefined || !(await isExpired(trx, dead))) return () => undefined;
    const fields = { jobId: job.id, owner: job.leaseOwner, epoch: job.leaseEpoch };
    if (await endUnheld(trx, this.#ledger.catalogue, job)) {
      return () => {
        repaired('lease-expired', 1, fields);
        unheldEnded(job);
      };
    }
    if (job.attempt < job.maxAttempts) {
      await requeueJob(trx, job.id, false);
      return () => repaired('lease-expired', 1, fields);
    }
    const standing = await standingOf(trx, job);
    const error = precondition(
      'job.attempts-exhausted',
      `the worker died or lost contact in attempt ${job.attempt} of ${job.maxAttempts}`,
      { hint: 'look at the log of the worker, then submit the job again', details: fields },
    );
    const canUndo = standing.direction === 'forward' && !standing.committed && standing.undoable.length > 0;
    const isStuck = standing.direction === 'undo' && standing.undoable.length > 0;
    const decision: Decision = canUndo
      ? { kind: 'turn-back', error }
      : { kind: 'fail', error: isStuck ? undoIncomplete(standing.undoable, error) : error };
    if (await waitsForChildren(trx, job, decision)) return () => undefined;
    await applyDecision(trx, { catalogue: this.#ledger.catalogue, job, error, decision });
    return () => {
      repaired('attempts-exhausted', 1, fields);
      if (decision.kind === 'fail') jobFailed(queueLog.child({ ...fields, contextId: job.contextId }), decision.error);
    };
  }

  async #prune(): Promise<void> {
    const days = this.#ledger.timing.logRetentionDays;
    if (days !== undefined) await pruneLogEvents(this.#ledger.db, { olderThanDays: days, limit: PRUNE_ROWS });
  }

  /** Emptied, restored from nothing, failed over to an empty replica: no message of ours can be there. */
  async #checkSentinel(): Promise<void> {
    const { db, doorbell } = this.#ledger;
    if (await doorbell.hasSentinel()) return;
    repaired('redis-emptied', await redispatchAll(db));
    await doorbell.setSentinel();
  }

  /** Messages that BullMQ does not know, has done with, or gave to a worker that never claimed. */
  async #findLostMessages(): Promise<void> {
    const { db, doorbell, timing } = this.#ledger;
    const page = { olderThanMs: timing.dispatchTimeoutMs, afterId: this.#untakenAfterId, limit: BATCH };
    const jobs = await untakenJobs(db, page);
    // A page per round, round and round: a thousand jobs that wait their turn must not hide a lost one.
    this.#untakenAfterId = jobs.length === BATCH ? (jobs.at(-1)?.id ?? '') : '';
    for (const job of jobs) {
      const state = await doorbell.stateOf(job.queue, messageId(job));
      if (HELD_BY_REDIS.has(state)) continue;
      if (await redispatch(db, job)) repaired('message-lost', 1, { jobId: job.id, state });
    }
  }

  /** Messages of jobs that ended or moved on, and that no worker holds. */
  async #sweepLeftovers(): Promise<void> {
    const { db, doorbell } = this.#ledger;
    for (const queue of QUEUE_NAMES) {
      const ids = await doorbell.waitingIds(queue, 0, BATCH);
      const jobIds = ids.flatMap((id) => jobOfMessage(id)?.id ?? []);
      const live = await liveMessages(db, jobIds);
      for (const id of ids.filter((waiting) => !live.has(waiting))) {
        if (await doorbell.remove(queue, id)) repaired('leftover-removed', 1, { queue, id });
      }
    }
  }
}
