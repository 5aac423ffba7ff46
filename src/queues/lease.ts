import type { Knex } from 'knex';
import { systemClock, type Clock } from '../base/clock.ts';
import type { AppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LedgerConfig } from '../config/config.ts';
import { readHolds, renewLeases, type Hold } from '../db/stores/job-lease.ts';
import { cancelRequested, leaseLost } from './control.ts';
import { leaseWasLost } from './events.ts';
import { Loop, withLimit } from './loop.ts';

/** Of the time between two heartbeats, which vary by a tenth. */
const OVERDUE = 1.25;

/**
 * The right of this process to act for one job. Ends by itself: when the trust window has passed since the START of
 * the last successful renewal, the signal aborts, whatever the network does. Time is monotonic here; whether the lease
 * is alive for others is decided by the database's clock alone.
 */
export class Lease implements Hold {
  readonly jobId: string;
  readonly epoch: number;
  readonly log: Logger;
  #controller = new AbortController();
  readonly #clock: Clock;
  readonly #timing: LedgerConfig;
  #renewedAtMs: number;
  #isLost = false;
  #isLeaving = false;
  /** The claim is being given up by our own hand: that the row is not ours any more is then no news. */
  isEnding = false;
  #watchdog: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    hold: Hold & { readonly log: Logger },
    timing: LedgerConfig,
    since: { clock: Clock; startedAtMs: number },
  ) {
    this.jobId = hold.jobId;
    this.epoch = hold.epoch;
    this.log = hold.log;
    this.#timing = timing;
    this.#clock = since.clock;
    this.#renewedAtMs = since.startedAtMs;
    this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @throws conflict `job.lease-lost`: call it right before everything that must not happen twice. */
  assertTrusted(): void {
    if (this.#trustLeftMs() <= 0) this.lose();
    // Not read from the signal: it may have aborted before, for another reason.
    if (this.#isLost) throw leaseLost(this.jobId);
  }

  renewed(startedAtMs: number): void {
    this.#renewedAtMs = Math.max(this.#renewedAtMs, startedAtMs);
    this.#watch();
  }

  /** A heartbeat should have been here by now: one of our own writes held the row whenever it came. */
  get isOverdue(): boolean {
    return !this.isEnding && this.#clock.monotonic() - this.#renewedAtMs > this.#timing.heartbeatMs * OVERDUE;
  }

  get nowMs(): number {
    return this.#clock.monotonic();
  }

  /** No write can find this lease alive in the database any more. Later than the end of the trust window. */
  isExpired(): boolean {
    return this.#clock.monotonic() > this.#renewedAtMs + this.#timing.leaseMs;
  }

  lose(): void {
    if (this.#isLost || this.isEnding) return;
    this.#isLost = true;
    leaseWasLost(this.log);
    this.abort(leaseLost(this.jobId));
  }

  /** The first reason stays. */
  abort(reason: AppError): void {
    if (reason.code === 'job.shutdown') this.#isLeaving = true;
    this.#controller.abort(reason);
  }

  /** Whether this process may begin the way back under this lease: it holds the job, and does not end. */
  get mayTurnBack(): boolean {
    return !this.#isLost && !this.#isLeaving && this.#trustLeftMs() > 0;
  }

  /** A new signal for the way back: what aborted the way forward says nothing about it. */
  turnBack(): void {
    this.#controller = new AbortController();
    this.goOn();
  }

  /** The claim was not given up after all. */
  goOn(): void {
    this.isEnding = false;
    this.#watch();
  }

  /** For good: a renewal that was under way meanwhile starts nothing any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#watchdog);
  }

  #trustLeftMs(): number {
    return this.#renewedAtMs + this.#timing.trustMs - this.#clock.monotonic();
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#isOver) return;
    this.#watchdog = setTimeout(
      () => {
        if (this.#trustLeftMs() <= 0) this.lose();
        else this.#watch();
      },
      Math.max(1, this.#trustLeftMs()),
    );
  }
}

/** A heartbeat that has no answer after this long counts as failed; its answer, should it come, says nothing. */
const STATEMENT_WITHIN_MS = 5_000;

const pauseAfterMiss = (heartbeatMs: number): number => Math.max(50, heartbeatMs / 8);

/** Renews all leases of this process together, and listens for cancel requests. Close it. */
export class LeaseKeeper {
  readonly #db: Knex;
  readonly #timing: LedgerConfig;
  readonly #clock: Clock;
  readonly #leases = new Set<Lease>();
  readonly #heart: Loop;
  readonly #ear: Loop;
  #again: NodeJS.Timeout | undefined;

  constructor(options: { db: Knex; timing: LedgerConfig; log: Logger; clock?: Clock }) {
    this.#db = options.db;
    this.#timing = options.timing;
    this.#clock = options.clock ?? systemClock;
    const { heartbeatMs, cancelPollMs } = options.timing;
    this.#heart = new Loop({
      name: 'heartbeat',
      everyMs: heartbeatMs,
      afterFailureMs: pauseAfterMiss(heartbeatMs),
      log: options.log,
      round: () => this.#beat(),
    });
    this.#ear = new Loop({ name: 'cancel', everyMs: cancelPollMs, log: options.log, round: () => this.#listen() });
  }

  /** Before the claim is sent: the lease counts from here. */
  now(): number {
    return this.#clock.monotonic();
  }

  keep(hold: Hold & { readonly log: Logger }, startedAtMs: number): Lease {
    const lease = new Lease(hold, this.#timing, { clock: this.#clock, startedAtMs });
    this.#leases.add(lease);
    return lease;
  }

  drop(lease: Lease): void {
    lease.end();
    this.#leases.delete(lease);
  }

  /** Aborts every job of this process. */
  abortAll(reason: AppError): void {
    for (const lease of this.#leases) lease.abort(reason);
  }

  async close(): Promise<void> {
    await Promise.all([this.#heart.close(), this.#ear.close()]);
    clearTimeout(this.#again);
    for (const lease of this.#leases) lease.end();
  }

  async #beat(): Promise<void> {
    const leases = [...this.#leases];
    if (leases.length === 0) return;
    const startedAtMs = this.#clock.monotonic();
    const limitMs = Math.min(STATEMENT_WITHIN_MS, this.#timing.trustMs / 2);
    const answer = await withLimit(limitMs, renewLeases(this.#db, leases, this.#timing.leaseMs));
    if (answer === undefined) throw new Error(`no answer within ${limitMs} ms`);
    const renewed = new Set(answer.renewed);
    const lost = new Set(answer.lost);
    for (const lease of leases) {
      if (renewed.has(lease)) lease.renewed(startedAtMs);
      else if (lost.has(lease) && this.#leases.has(lease)) lease.lose();
    }
    // The others are locked, mostly by writes of their own jobs, which renew them when they are overdue.
    if (renewed.size + lost.size < leases.length) this.#beatSoon();
  }

  #beatSoon(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#heart.wake(), pauseAfterMiss(this.#timing.heartbeatMs)).unref();
  }

  async #listen(): Promise<void> {
    const leases = [...this.#leases];
    if (leases.length === 0) return;
    const signals = new Map(leases.map((lease) => [lease, lease.signal]));
    const states = await withLimit(STATEMENT_WITHIN_MS, readHolds(this.#db, leases));
    if (states === undefined) throw new Error(`no answer within ${STATEMENT_WITHIN_MS} ms`);
    for (const lease of leases) {
      const state = states.get(lease.jobId);
      // It may have ended, by our own hand, while the query ran.
      if (!this.#leases.has(lease)) continue;
      if (state?.held !== true) lease.lose();
      // A job that turned back while the query ran has heard of it.
      else if (state.cancelRequested && lease.signal === signals.get(lease)) {
        lease.abort(cancelRequested(state.cancelReason));
      }
    }
  }
}
