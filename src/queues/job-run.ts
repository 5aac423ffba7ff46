import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { inTransaction } from '../db/knex.ts';
import { flushLogLines } from '../db/log-sink.ts';
import { extendLease, lockHeld } from '../db/stores/job-lease.ts';
import { parkJob } from '../db/stores/job-park.ts';
import { findChild, findJob, openChildren, type JobRecord } from '../db/stores/job-rows.ts';
import { stepLedger } from '../db/step-ledger.ts';
import { invariant } from '../base/invariant.ts';
import type { StepLedger } from '../workflow/ledger.ts';
import { cancel } from './cancel.ts';
import { leaseLost, parked } from './control.ts';
import type { Child, ChildRequest, JobRun, Transaction } from './define-job.ts';
import { jobParked } from './events.ts';
import type { Lease } from './lease.ts';
import type { Ledger } from './ledger.ts';
import { CHILDREN_WITHIN_MS } from './settle.ts';
import { announce, childOf, submitChild, submitLeft, type Submission } from './submit.ts';

/** Lines for people wait for a slow database this long, the work does not. */
const LINES_WITHIN_MS = 500;

const TOO_LATE: ReadonlySet<string> = new Set(['job.terminal', 'job.committed']);

/** One claim of one job: what a processor gets, made from it. */
export class Claim {
  readonly #ledger: Ledger;
  readonly #lease: Lease;
  readonly job: JobRecord;
  /** The step that was begun last in this claim. */
  step: string | undefined;
  /** The claim ended by parking: whatever the processor does from here, nothing is written. */
  isParked = false;

  constructor(ledger: Ledger, lease: Lease, job: JobRecord) {
    this.#ledger = ledger;
    this.#lease = lease;
    this.job = job;
  }

  get log(): Logger {
    return this.#lease.log;
  }

  run<P>(payload: P): JobRun<P> {
    const { job } = this;
    const fenced = <T>(work: (trx: Transaction) => Promise<T>): Promise<T> => this.fenced((trx) => work(trx));
    // What a step said comes before its end.
    const afterLines = async <T>(work: (trx: Transaction) => Promise<T>): Promise<T> => {
      await flushLogLines(LINES_WITHIN_MS);
      return fenced(work);
    };
    const steps = stepLedger(this.#ledger.db, job.id, afterLines);
    return {
      jobId: job.id,
      epoch: job.leaseEpoch,
      attempt: job.attempt,
      maxAttempts: job.maxAttempts,
      contextId: job.contextId,
      parentJobId: job.parentJobId,
      payload,
      signal: this.#lease.signal,
      log: this.log,
      steps: {
        ...steps,
        begin: (name) => {
          this.step = name;
          return steps.begin(name);
        },
        turnBack: (error) => this.#turnBack(steps, error),
      },
      fenced,
      child: (request) => this.#child(request),
      cancelChild: (childId, reason) => this.#cancelChild(childId, reason),
      leave: (work) => this.#leave(work),
      park: (children, deadlineMs) => this.#park(children, deadlineMs),
    };
  }

  /**
   * Heartbeats pass by a row that is locked: a job that writes all the time renews its lease by that.
   * @throws conflict `job.lease-lost` when this claim is not the job's newest, or its lease has run out.
   */
  async fenced<T>(work: (trx: Transaction, job: JobRecord) => Promise<T>): Promise<T> {
    this.#lease.assertTrusted();
    let renewedAtMs: number | undefined;
    const result = await inTransaction(this.#ledger.db, async (trx) => {
      renewedAtMs = undefined;
      const job = await lockHeld(trx, this.#lease);
      if (job === undefined) {
        this.#lease.lose();
        throw leaseLost(this.#lease.jobId);
      }
      // The lock may have been waited for.
      this.#lease.assertTrusted();
      if (this.#lease.isOverdue) {
        renewedAtMs = this.#lease.nowMs;
        await extendLease(trx, this.#lease, this.#ledger.timing.leaseMs);
      }
      return work(trx, job);
    });
    if (renewedAtMs !== undefined) this.#lease.renewed(renewedAtMs);
    return result;
  }

  async #child<CP, CR>(request: ChildRequest<CP, CR>): Promise<Child<CR>> {
    const made = await this.fenced((trx, parent) => submitChild(trx, parent, request));
    if (made !== undefined) await announce(this.#ledger, made);
    const row = await findChild(this.#ledger.db, this.job.id, request.key);
    invariant(row !== undefined, `child ${request.key} of ${this.job.id} has no row`);
    return childOf(request.contract, row);
  }

  async #cancelChild(childId: string, reason: string): Promise<void> {
    const child = await this.fenced(() => findJob(this.#ledger.db, childId));
    invariant(child?.parentJobId === this.job.id, `job ${childId} is no child of ${this.job.id}`);
    await cancel(this.#ledger, childId, { reason }).catch((thrown: unknown) => {
      if (!(thrown instanceof AppError) || !TOO_LATE.has(thrown.code)) throw thrown;
    });
  }

  async #leave<LP, LR>(work: Pick<Submission<LP, LR>, 'contract' | 'payload'>): Promise<string> {
    const left = await this.fenced((trx, job) => submitLeft(trx, job, work));
    await announce(this.#ledger, left);
    return left.id;
  }

  async #park(children: readonly string[], deadlineMs: number): Promise<never> {
    const isWaiting = await this.#giveUp((trx) => parkJob(trx, this.job.id, { children, deadlineMs }));
    this.isParked = true;
    jobParked(this.log, isWaiting);
    throw parked(this.job.id);
  }

  /** Nothing is undone under a running child: see waitsForChildren of settle.ts. */
  async #turnBack(steps: StepLedger, error: AppError): Promise<void> {
    const open = await openChildren(this.#ledger.db, this.job.id);
    if (open.length === 0) return steps.turnBack(error);
    const children = open.map((child) => child.id);
    await this.#park(children, CHILDREN_WITHIN_MS);
  }

  /** A fenced write after which the row is not ours; the heartbeat must not take that for a loss. */
  async #giveUp<T>(work: (trx: Transaction) => Promise<T>): Promise<T> {
    this.#lease.isEnding = true;
    try {
      return await this.fenced(work);
    } catch (error) {
      this.#lease.goOn();
      throw error;
    }
  }
}
