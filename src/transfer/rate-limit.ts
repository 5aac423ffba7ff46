import { invariant } from '../base/invariant.ts';
import { MINUTE, SECOND } from '../base/units.ts';

/** How long unused allowance is kept: enough for the steps of large requests and of timers, too little for a burst. */
const BURST_MS = 100;

/** Somebody who waits for a turn. */
interface Waiter {
  readonly limit: RateLimit;
  readonly bytes: number;
  readonly go: () => void;
}

export interface RateLimitOptions {
  /** Holds as well, for this limit and its other members together. */
  readonly within?: RateLimit | undefined;
}

/**
 * A limit in bytes per second that anybody may change while it is in use. Limits nest: a disk within its job within its
 * process; the smallest decides. Who waits is either the limit's own requests, in their order, or its members, never
 * both. Members that wait get the same number of bytes each, however many requests they have: whoever was given least
 * since it began to wait is next. Bytes that do not cross the wire (holes, zeros) are free: nobody asks for them here.
 *
 * All limits of a chain live in one thread. A limit knows only members that wait, so an unused one need not be closed.
 */
export class RateLimit {
  readonly #within: RateLimit | undefined;
  #bytesPerS: number | undefined;
  /** What may pass now. Below zero after a request that was larger than that: it is waited off afterwards. */
  #allowanceBytes = 0;
  #countedAtMs = performance.now();
  #waiters: Waiter[] = [];
  /** Those in which somebody waits. */
  readonly #members = new Set<RateLimit>();
  /** As a member: bytes that were given to it, or to others while it asked for nothing. */
  #givenBytes = 0;
  /** `#givenBytes` of the member that had the last turn: where who begins to wait is put. */
  #turnBytes = 0;
  /** Of the outermost limit only. */
  #timer: NodeJS.Timeout | undefined;

  /** `undefined` or 0: no limit of its own. */
  constructor(bytesPerS: number | undefined, options: RateLimitOptions = {}) {
    this.#within = options.within;
    this.set(bytesPerS);
  }

  get bytesPerS(): number | undefined {
    return this.#bytesPerS;
  }

  /** The smallest of this limit and those that it is within; undefined: none. */
  get bytesPerSInForce(): number | undefined {
    const outer = this.#within?.bytesPerSInForce;
    if (this.#bytesPerS === undefined || outer === undefined) return this.#bytesPerS ?? outer;
    return Math.min(this.#bytesPerS, outer);
  }

  /** Acts at once, also for those who wait. `undefined` or 0 lifts the limit. */
  set(bytesPerS: number | undefined): void {
    const wanted = bytesPerS !== undefined && bytesPerS > 0 ? bytesPerS : undefined;
    if (wanted === this.#bytesPerS) return;
    this.#count(performance.now());
    if (this.#bytesPerS === undefined || wanted === undefined) this.#allowanceBytes = 0;
    this.#bytesPerS = wanted;
    this.#outermost.#giveTurns();
  }

  /** Returns when `bytes` may be moved; undefined instead of a promise: go at once. Rejects with the reason of `signal`. */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.bytesPerSInForce === undefined) return undefined;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (!this.#outermost.#isWaitedFor && this.#mayPass(performance.now())) {
      this.#give(bytes);
      return undefined;
    }
    return this.#wait(bytes, signal);
  }

  get #outermost(): RateLimit {
    return this.#within === undefined ? this : this.#within.#outermost;
  }

  get #isWaitedFor(): boolean {
    return this.#waiters.length > 0 || this.#members.size > 0;
  }

  async #wait(bytes: number, signal: AbortSignal): Promise<void> {
    invariant(this.#members.size === 0, 'a limit with members has no requests of its own');
    const { promise, resolve: go, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { limit: this, bytes, go };
    const onAbort = (): void => {
      this.#leave(waiter);
      this.#outermost.#giveTurns();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiters.push(waiter);
    if (this.#within !== undefined) this.#within.#join(this);
    this.#outermost.#giveTurns();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #join(member: RateLimit): void {
    invariant(this.#waiters.length === 0, 'a limit with requests of its own has no members');
    if (this.#members.has(member)) return;
    member.#givenBytes = Math.max(member.#givenBytes, this.#turnBytes);
    this.#members.add(member);
    if (this.#within !== undefined) this.#within.#join(this);
  }

  #leave(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((each) => each !== waiter);
    if (this.#waiters.length === 0 && this.#within !== undefined) this.#within.#dismiss(this);
  }

  #dismiss(member: RateLimit): void {
    this.#members.delete(member);
    if (this.#members.size === 0 && this.#within !== undefined) this.#within.#dismiss(this);
  }

  /** Everybody whose turn it is goes; for the others a timer is set. Called on the outermost limit. */
  #giveTurns(): void {
    clearTimeout(this.#timer);
    while (this.#isWaitedFor) {
      const nowMs = performance.now();
      const next = this.#next(nowMs);
      if (typeof next === 'number') {
        this.#timer = setTimeout(() => this.#giveTurns(), Math.min(Math.ceil(next - nowMs), MINUTE));
        return;
      }
      next.limit.#give(next.bytes);
      next.limit.#leave(next);
      next.go();
    }
  }

  /** Who goes now, or the time at which somebody may. */
  #next(nowMs: number): Waiter | number {
    if (!this.#allows(nowMs)) return nowMs - (this.#allowanceBytes / (this.#bytesPerS ?? Infinity)) * SECOND;
    let first: { readonly member: RateLimit; readonly waiter: Waiter } | undefined;
    let soonestMs = Infinity;
    for (const member of this.#members) {
      const next = member.#next(nowMs);
      if (typeof next === 'number') {
        // Held up by a limit of its own: it does not save up turns meanwhile.
        member.#givenBytes = Math.max(member.#givenBytes, this.#turnBytes);
        soonestMs = Math.min(soonestMs, next);
      } else if (first === undefined || member.#givenBytes < first.member.#givenBytes) {
        first = { member, waiter: next };
      }
    }
    return this.#waiters[0] ?? first?.waiter ?? soonestMs;
  }

  /** Counts bytes that pass, here and in all that this is within. */
  #give(bytes: number): void {
    this.#allowanceBytes -= bytes;
    if (this.#within === undefined) return;
    this.#within.#turnBytes = Math.max(this.#within.#turnBytes, this.#givenBytes);
    this.#givenBytes += bytes;
    this.#within.#give(bytes);
  }

  #mayPass(nowMs: number): boolean {
    return this.#allows(nowMs) && (this.#within === undefined || this.#within.#mayPass(nowMs));
  }

  #allows(nowMs: number): boolean {
    this.#count(nowMs);
    return this.#bytesPerS === undefined || this.#allowanceBytes >= 0;
  }

  #count(nowMs: number): void {
    const elapsedMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    if (this.#bytesPerS === undefined) return;
    const perMs = this.#bytesPerS / SECOND;
    this.#allowanceBytes = Math.min(this.#allowanceBytes + elapsedMs * perMs, BURST_MS * perMs);
  }
}
