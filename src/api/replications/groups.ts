import { busy, upstream, type AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';

/**
 * Work that comes one by one and is done in groups: who comes while groups are under way is taken into the next one.
 * Nobody waits for a group to fill, so whoever comes alone is a group of one, at once. What is done, and what became of
 * each member, says `run`; this class only knows who is done with whom, and when.
 */

export interface Limits {
  /** Members of one group. */
  readonly groupMax: number;
  /** Groups at a time. More than one: while the database works on one, the next is prepared. */
  readonly groupsMax: number;
  /** Members at a time that wait for somebody outside, each by itself. */
  readonly waitersMax: number;
  /** Members in all; who comes beyond is refused. */
  readonly membersMax: number;
  /** A group that takes longer goes on, but holds up the next one no more. */
  readonly groupMs: number;
  /** Who was not begun within so long is refused: its client has given up, or is about to. */
  readonly beginMs: number;
}

export type Outcome<R> =
  | { readonly result: R }
  | { readonly error: unknown }
  /** Do it again without the others: one of them spoiled it. */
  | { readonly again: 'alone' }
  /** Do it again without the others, and wait for what it needs. */
  | { readonly again: 'waiting' };

export interface Work<M, R> {
  /** What a member uses alone: two that share a key are never done at the same time. */
  readonly keysOf: (member: M) => readonly string[];
  /** One outcome per member, in their order. A single member, or one that waits, has no `again` of the same kind. */
  readonly run: (members: readonly M[], how: { readonly waits: boolean }) => Promise<readonly Outcome<R>[]>;
  readonly limits: Limits;
}

interface Entry<M, R> {
  readonly member: M;
  readonly keys: readonly string[];
  readonly beginBy: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
  /** It was in a group before, and still has its keys. */
  isAlone: boolean;
}

const now = (): number => performance.now();

export class Groups<M, R> {
  readonly #work: Work<M, R>;
  readonly #entries = new Set<Entry<M, R>>();
  #queue: Entry<M, R>[] = [];
  readonly #waiting: Entry<M, R>[] = [];
  readonly #keys = new Set<string>();
  #groups = 0;
  #waiters = 0;
  #idle: () => void = () => undefined;

  constructor(work: Work<M, R>) {
    this.#work = work;
  }

  /** Members that have no outcome yet. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * @returns what became of the member
   * @throws busy `replication.overloaded`; upstream `db.unreachable` when it was not begun in time; what `run` says
   */
  async enter(member: M): Promise<R> {
    if (this.size >= this.#work.limits.membersMax) throw overloaded(this.size);
    return new Promise((resolve, reject) => {
      const beginBy = now() + this.#work.limits.beginMs;
      const entry = { member, keys: this.#work.keysOf(member), beginBy, resolve, reject, isAlone: false };
      this.#entries.add(entry);
      this.#queue.push(entry);
      this.#next();
    });
  }

  /** Resolves when every member has its outcome. */
  async close(): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #next(): void {
    const { groupsMax, waitersMax } = this.#work.limits;
    while (this.#groups < groupsMax) {
      const group = this.#take();
      if (group.length === 0) break;
      this.#groups += 1;
      void this.#run(group, { waits: false, release: () => (this.#groups -= 1) });
    }
    while (this.#waiters < waitersMax) {
      const entry = this.#waiting.shift();
      if (entry === undefined) break;
      if (this.#isLate(entry)) continue;
      this.#waiters += 1;
      void this.#run([entry], { waits: true, release: () => (this.#waiters -= 1) });
    }
  }

  /**
   * The next group, in the order of arrival. Who shares a key with a member that is under way stays, and so does who
   * came after and shares one with that: those who have a key in common are done in their order.
   */
  #take(): Entry<M, R>[] {
    const group: Entry<M, R>[] = [];
    const rest: Entry<M, R>[] = [];
    const ahead = new Set<string>();
    for (const entry of this.#queue) {
      if (!this.#fits(entry, group) || entry.keys.some((key) => ahead.has(key))) {
        rest.push(entry);
        for (const key of entry.keys) ahead.add(key);
      } else if (!this.#isLate(entry)) {
        for (const key of entry.keys) this.#keys.add(key);
        group.push(entry);
      }
    }
    this.#queue = rest;
    return group;
  }

  #fits(entry: Entry<M, R>, group: readonly Entry<M, R>[]): boolean {
    if (group.length === 0 && entry.isAlone) return true;
    if (entry.isAlone || group[0]?.isAlone === true || group.length >= this.#work.limits.groupMax) return false;
    return !entry.keys.some((key) => this.#keys.has(key));
  }

  #isLate(entry: Entry<M, R>): boolean {
    if (entry.beginBy > now()) return false;
    this.#end(entry, { error: late(this.#work.limits.beginMs) });
    return true;
  }

  async #run(
    group: readonly Entry<M, R>[],
    how: { readonly waits: boolean; readonly release: () => void },
  ): Promise<void> {
    let isReleased = false;
    const release = (): void => {
      if (!isReleased) how.release();
      isReleased = true;
      // Even where its place was given away before: its keys are free only now.
      this.#next();
    };
    const overdue = setTimeout(release, this.#work.limits.groupMs);
    const members = group.map((entry) => entry.member);
    const outcomes = await this.#work.run(members, how).catch((error: unknown) => members.map(() => ({ error })));
    clearTimeout(overdue);
    const alone: Entry<M, R>[] = [];
    for (const [index, entry] of group.entries()) {
      const outcome = outcomes[index] ?? { error: new Error('a member of a group has no outcome') };
      if (!('again' in outcome)) this.#end(entry, outcome);
      else if (outcome.again === 'waiting') this.#waiting.push(entry);
      else alone.push(Object.assign(entry, { isAlone: true }));
    }
    this.#queue.unshift(...alone);
    release();
  }

  #end(entry: Entry<M, R>, outcome: { readonly result: R } | { readonly error: unknown }): void {
    this.#entries.delete(entry);
    for (const key of entry.keys) this.#keys.delete(key);
    if ('result' in outcome) entry.resolve(outcome.result);
    else entry.reject(outcome.error);
    if (this.size === 0) this.#idle();
  }
}

const overloaded = (waiting: number): AppError =>
  busy('replication.overloaded', `${waiting} requests wait to be accepted, which is the limit of this process`, {
    hint: 'send the request again after the seconds in Retry-After; it has not been begun',
  });

const late = (ms: number): AppError =>
  upstream('db.unreachable', `the database did not get to this request within ${Math.round(ms / SECOND)} s`, {
    hint: 'check that MariaDB runs; the request has not been begun, send it again',
  });
