import { sleep, systemClock, unlessAborted } from '../../base/clock.ts';
import { busy, cancelled, describeError, precondition, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { HOUR, MINUTE, SECOND } from '../../base/units.ts';
import type { SnapshotRemoval, VcenterAccess } from '../contract.ts';
import type { Vcenters } from '../vcenter/vcenters.ts';
import type { AccessSeal } from './access-seal.ts';
import { APPEARS_WITHIN_MS, type Removed, removeOrdered } from './remove-snapshot.ts';
import { type OrderStore, type SnapshotOrder, tagOf } from './snapshot-order.ts';
import { isSameTag, type SnapshotTag, tagLine } from './snapshot-tag.ts';

export interface RemoverConfig {
  readonly store: OrderStore;
  readonly seal: AccessSeal;
  readonly vcenters: Vcenters;
  /** Between attempts, at first; doubles up to 5 min. Default 5 s. */
  readonly retryFirstMs?: number | undefined;
  /** How often a task is looked at. */
  readonly pollMs?: number | undefined;
  readonly appearsWithinMs?: number | undefined;
}

const RETRY_FIRST_MS = 5 * SECOND;
const RETRY_MAX_MS = 5 * MINUTE;
/** How long a new session of a VM waits for an older snapshot of it to go. */
const LEFTOVERS_MS = 2 * HOUR;
/** A removal that takes this long is said so, and again after as long. */
const ALARM_EVERY_MS = 2 * HOUR;

interface Entry {
  order: SnapshotOrder;
  /** A session has the snapshot, or is making it. */
  isHeld: boolean;
  /** Attempts, one after another. */
  last: Promise<Removed>;
  loop: Promise<void> | undefined;
  /** Writes of the order, one after another. */
  writes: Promise<void>;
}

/** Keeps the orders, and carries out those that no session holds: again and again, until the snapshot is gone. */
export class SnapshotRemover {
  readonly #config: RemoverConfig;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();

  constructor(config: RemoverConfig) {
    this.#config = config;
  }

  async load(): Promise<void> {
    for (const order of await this.#config.store.loadAll()) this.#add(order, false);
  }

  /** After `load` and `hold`: what nobody holds is carried out. */
  start(): void {
    for (const [sessionId, { isHeld }] of this.#entries) if (!isHeld) this.release(sessionId);
  }

  /** The order is durable before this returns: from now on the snapshot may be asked for. */
  async plan(order: Omit<SnapshotOrder, 'access'>, access: VcenterAccess): Promise<void> {
    const whole = { ...order, access: this.#config.seal.seal(access, order.session_id) };
    await this.#config.store.save(whole);
    this.#add(whole, true);
  }

  /** Whether there is an order for a snapshot with this tag. */
  knows(tag: SnapshotTag): boolean {
    return [...this.#entries.values()].some(({ order }) => isSameTag(tagOf(order), tag));
  }

  /** What becomes of the call for the snapshot. Durable when it returns. */
  async note(sessionId: string, snapshot: SnapshotOrder['snapshot']): Promise<void> {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) return;
    const askedAt = snapshot === 'asked' ? { asked_at: new Date(systemClock.now()).toISOString() } : {};
    await this.#save(entry, { snapshot, ...askedAt });
  }

  /** False when there is no order of this session: then there is no snapshot either. */
  hold(sessionId: string): boolean {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) return false;
    entry.isHeld = true;
    return true;
  }

  /** @throws precondition `session.credentials-needed` */
  access(sessionId: string): VcenterAccess {
    const entry = this.#entries.get(sessionId);
    const access = entry === undefined ? undefined : this.#config.seal.open(entry.order.access, sessionId);
    if (access !== undefined) return access;
    throw precondition('session.credentials-needed', `the VMA has no access to the vcenter of session ${sessionId}`, {
      details: { session_id: sessionId },
      hint: 'the token of the VMA was changed since; ask for the session again with credentials',
    });
  }

  /** True when they were other ones. */
  async renew(sessionId: string, access: VcenterAccess): Promise<boolean> {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) return false;
    const known = this.#config.seal.open(entry.order.access, sessionId);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(access)) return false;
    await this.#save(entry, { access: this.#config.seal.seal(access, sessionId) });
    return true;
  }

  /** The snapshot is not needed any more. */
  release(sessionId: string): void {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined || entry.loop !== undefined || this.#stop.signal.aborted) return;
    entry.isHeld = false;
    entry.order = { ...entry.order, released_at: entry.order.released_at ?? new Date(systemClock.now()).toISOString() };
    entry.loop = this.#carryOut(entry);
  }

  /** True as soon as the order is done, false when it is not after `waitMs`. */
  async isDone(sessionId: string, waitMs: number): Promise<boolean> {
    const loop = this.#entries.get(sessionId)?.loop;
    if (loop === undefined || waitMs <= 0) return !this.#entries.has(sessionId);
    const limit = new AbortController();
    await Promise.race([loop, sleep(waitMs, limit.signal).catch(() => undefined)]);
    limit.abort();
    return !this.#entries.has(sessionId);
  }

  /**
   * Before a new snapshot of this VM: waits until none that was released is there any more. `access` is used for them from
   * now on. @throws busy `session.snapshot-leftover` after two hours
   */
  async clear(vmUuid: string, access: VcenterAccess, signal: AbortSignal): Promise<void> {
    const left = [...this.#entries.values()].filter(({ order, isHeld }) => order.vm_uuid === vmUuid && !isHeld);
    const deadline = AbortSignal.timeout(LEFTOVERS_MS);
    const limit = AbortSignal.any([deadline, signal, this.#stop.signal]);
    for (const entry of left) {
      await this.renew(entry.order.session_id, access);
      while ((await unlessAborted(this.#attempt(entry), limit).catch(() => undefined)) === undefined) {
        signal.throwIfAborted();
        this.#stop.signal.throwIfAborted();
        if (deadline.aborted) throw leftover(entry.order);
        await sleep(this.#config.retryFirstMs ?? RETRY_FIRST_MS, limit).catch(() => undefined);
      }
    }
  }

  list(): SnapshotRemoval[] {
    return [...this.#entries.values()]
      .filter(({ isHeld }) => !isHeld)
      .map(({ order }) => ({
        session_id: order.session_id,
        job_id: order.job_id,
        vm: order.vm,
        snapshot: tagLine(tagOf(order)),
        released_at: order.released_at ?? order.asked_at,
        attempts: order.attempts,
        last_error: order.last_error,
      }));
  }

  /** What is under way at a vCenter goes on there; the next start looks after it. */
  async close(): Promise<void> {
    this.#stop.abort(cancelled('vma.stopping', 'this VMA is stopping'));
    await Promise.all([...this.#entries.values()].flatMap(({ loop }) => loop ?? []));
  }

  #add(order: SnapshotOrder, isHeld: boolean): void {
    const nothingYet = { last: Promise.resolve('absent' as const), loop: undefined, writes: Promise.resolve() };
    this.#entries.set(order.session_id, { order, isHeld, ...nothingYet });
  }

  async #carryOut(entry: Entry): Promise<void> {
    const { signal } = this.#stop;
    let waitMs = this.#config.retryFirstMs ?? RETRY_FIRST_MS;
    let alarmMs = systemClock.monotonic() + ALARM_EVERY_MS;
    while (!signal.aborted && this.#entries.get(entry.order.session_id) === entry) {
      const removed = await this.#attempt(entry).catch(() => undefined);
      if (removed === 'gone') return;
      if (systemClock.monotonic() > alarmMs) {
        alarmMs += ALARM_EVERY_MS;
        vmaLog.error(coordinates(entry.order), 'a snapshot that is not needed any more is still there');
      }
      await sleep(waitMs, signal).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
    }
  }

  /** After the attempts before it. */
  #attempt(entry: Entry): Promise<Removed> {
    const attempt = entry.last.catch(() => undefined).then(() => this.#tryOnce(entry));
    entry.last = attempt;
    return attempt;
  }

  async #tryOnce(entry: Entry): Promise<Removed> {
    const { session_id: sessionId } = entry.order;
    if (this.#entries.get(sessionId) !== entry) return 'gone';
    // Asked for twice in one epoch: with this tag it is a snapshot that somebody reads.
    if (this.#isRead(tagOf(entry.order))) return 'absent';
    const { signal } = this.#stop;
    try {
      const { pollMs, appearsWithinMs = APPEARS_WITHIN_MS } = this.#config;
      // Without the signal: what vCenter does for us it shall bring to its end.
      const work = this.#config.vcenters.use(this.access(sessionId), (session) =>
        removeOrdered(session, entry.order, { pollMs, appearsWithinMs }),
      );
      const removed = await unlessAborted(work, signal);
      if (removed === 'gone') await this.#finish(entry);
      return removed;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const attempts = entry.order.attempts + 1;
      vmaLog.warn(
        { ...coordinates(entry.order), attempts, err: toAppError(thrown) },
        'snapshot not removed, tried again',
      );
      await this.#save(entry, { attempts, last_error: describeError(thrown) }).catch(() => undefined);
      throw thrown;
    }
  }

  async #finish(entry: Entry): Promise<void> {
    this.#entries.delete(entry.order.session_id);
    await entry.writes;
    await this.#config.store.remove(entry.order.session_id);
    vmaLog.info(coordinates(entry.order), 'snapshot is gone');
  }

  #isRead(tag: SnapshotTag): boolean {
    return [...this.#entries.values()].some(({ order, isHeld }) => isHeld && isSameTag(tagOf(order), tag));
  }

  #save(entry: Entry, changes: Partial<SnapshotOrder>): Promise<void> {
    entry.order = { ...entry.order, ...changes };
    if (this.#entries.get(entry.order.session_id) !== entry) return Promise.resolve();
    const written = entry.writes.then(() => this.#config.store.save(entry.order));
    entry.writes = written.catch(() => undefined);
    return written;
  }
}

const coordinates = (order: SnapshotOrder): object => ({
  sessionId: order.session_id,
  jobId: order.job_id,
  vm: order.vm,
  releasedAt: order.released_at,
});

const leftover = (order: SnapshotOrder): Error =>
  busy('session.snapshot-leftover', `an older snapshot of ours on ${order.vm} does not go away`, {
    details: { session_id: order.session_id, job_id: order.job_id, last_error: order.last_error },
    hint: 'look at the recent tasks and events of the VM in vcenter; the VMA goes on trying',
  });
