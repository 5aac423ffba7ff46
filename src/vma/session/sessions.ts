import { sleep, systemClock } from '../../base/clock.ts';
import { invalidRequest, toAppError } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { AreaPage, CreateSession, EndSession, SessionDisk, SnapshotRemoval, SourceSession } from '../contract.ts';
import { fromSystemError } from '../folder/freeze.ts';
import { diskIn } from './area-questions.ts';
import { EndedSessions, unknownSession } from './ended-sessions.ts';
import {
  type LiveSession,
  quietly,
  requireEpoch,
  requireSameRequest,
  saveRecord,
  startSession,
  stopExports,
  toWire,
  untilServed,
} from './live-session.ts';
import { ABANDONED_MS, type Preparation, type Preparations, preparations, vmBusy } from './preparations.ts';
import type { SessionRecord, SessionStore } from './record.ts';
import { type Rounds, startRounds } from './rounds.ts';
import type { AreaQuestion, Held, Outcome, SourceKind } from './source-kind.ts';

/**
 * All source sessions of this VMA. At most one per job and one per VM; they outlive this process and end by DELETE or,
 * when nobody sends heartbeats, by the reaper. A job has one session, so its id names the session as well as the
 * session's own id does.
 */
export interface Sessions {
  /** Makes or adopts. `created` tells which. */
  create(request: CreateSession, waitMs: number): Promise<{ session: SourceSession; created: boolean }>;
  /** @throws not-found `session.unknown`; conflict with the reason, where the VMA itself has ended it */
  get(id: string): SourceSession;
  heartbeat(id: string, epoch: number): Promise<SourceSession>;
  /** `snapshot_removed`: false while what it held at the source is still on its way out. */
  end(id: string, how: EndSession): Promise<{ session_id: string; committed: boolean; snapshot_removed: boolean }>;
  areas(id: string, question: AreaQuestion): Promise<AreaPage>;
  /**
   * A disk of a session that still lives and is not in later hands.
   * @throws not-found `session.unknown`, `session.disk-unknown`; conflict `session.stale-epoch`
   */
  disk(id: string, diskId: string, epoch: number): SessionDisk;
  list(): SourceSession[];
  removals(): SnapshotRemoval[];
  /** Undefined where `get` throws. */
  byJob(jobId: string): SourceSession | undefined;
  /** Ends the exports; the sessions stay on disk for the next start. */
  close(): Promise<void>;
}

export interface SessionsConfig {
  readonly ttlMs: number;
  readonly kinds: Readonly<Record<CreateSession['kind'], SourceKind>>;
  /** How often what lives is looked after; default 1 min. */
  readonly watchMs?: number | undefined;
  /** How long the end of a session waits for its snapshot to go, which goes anyway; default 10 s. */
  readonly removalWaitMs?: number | undefined;
}

const REMOVAL_WAIT_MS = 10 * SECOND;
const WATCH_MS = 1 * MINUTE;
/** How long the start waits for disks to be served again: the snapshot of one may be gone for good. */
const SERVED_AT_START_MS = 5 * SECOND;

/** Loads what an earlier process left, serves it under the same URIs again, and starts the reaper. */
export async function openSessions(store: SessionStore, config: SessionsConfig): Promise<Sessions> {
  const house = new Household(store, config);
  await house.load();
  return house;
}

class Household implements Sessions {
  readonly #store: SessionStore;
  readonly #config: SessionsConfig;
  readonly #live = new Map<string, LiveSession>();
  readonly #preparing: Preparations;
  readonly #rounds: readonly Rounds[];
  readonly #ended = new EndedSessions();

  constructor(store: SessionStore, config: SessionsConfig) {
    this.#store = store;
    this.#config = config;
    const { folder, vsphere } = config.kinds;
    this.#preparing = preparations({ folder: folder.preparingAtOnceMax, vsphere: vsphere.preparingAtOnceMax });
    this.#rounds = [
      startRounds(Math.min(config.ttlMs / 4, 15 * SECOND), () => this.#reap()),
      startRounds(config.watchMs ?? WATCH_MS, () => this.#watch()),
    ];
  }

  async load(): Promise<void> {
    for (const record of await this.#store.loadAll()) {
      const held = this.#held(record);
      const isWhole = await this.#kind(record).reclaim(held);
      const live = this.#start(record);
      if (!isWhole) await quietly('broken session not removed', this.#remove(live, 'discarded'));
    }
    for (const kind of Object.values(this.#config.kinds)) kind.open();
    // The first requests should find them served; one that cannot be must not keep the VMA from starting.
    const served = [...this.#live.values()].map((live) => quietly('export not served again', this.#untilServed(live)));
    await Promise.race([Promise.all(served), sleep(SERVED_AT_START_MS)]);
  }

  async create(request: CreateSession, waitMs: number): Promise<{ session: SourceSession; created: boolean }> {
    requireEachOnce(request);
    this.#kind(request).check(request);
    this.#ended.requireWanted(request.job_id, request.epoch);
    const found = this.#find(request.job_id);
    if (found?.ending !== undefined) await found.ending;
    else if (found !== undefined) {
      const adopted = await this.#adopt(found, request).catch((thrown: unknown) => this.#exceptGone(found, thrown));
      if (adopted !== undefined) return { session: adopted, created: false };
    }
    const preparation = this.#preparing.joinOrBegin(request, (mine) => this.#make(mine));
    const live = await this.#preparing.result(preparation, waitMs);
    return { session: await this.#adopt(live, request), created: true };
  }

  /** A session whose snapshot somebody has removed is of no use; the next one begins anew. */
  async #exceptGone(live: LiveSession, thrown: unknown): Promise<undefined> {
    if (toAppError(thrown).code !== 'session.snapshot-gone') throw thrown;
    vmaLog.warn({ err: toAppError(thrown), sessionId: live.record.session_id }, 'session of no use, made anew');
    await (live.ending ?? this.#remove(live, 'discarded'));
  }

  async #make(mine: Preparation): Promise<LiveSession> {
    const { signal } = mine.abort;
    const { sessionId, request } = mine;
    const kind = this.#kind(request);
    this.#ended.forget(request.job_id);
    const clear = async (sameVm: (held: HolderOfVm) => boolean): Promise<void> => {
      await this.#preparing.evict(mine, ({ request: { kind, vm }, vmUuid }) => sameVm({ kind, vm, vmUuid }));
      await this.#evictExpired(({ record }) => sameVm({ ...record, vmUuid: record.vm_uuid }));
    };
    const claimVm = async (vmUuid: string): Promise<void> => {
      mine.vmUuid = vmUuid;
      await clear((held) => held.vmUuid === vmUuid);
    };
    if (kind.isNameUnique) await clear((held) => held.kind === request.kind && held.vm === request.vm);
    try {
      const folder = await this.#store.prepare(sessionId);
      const record = await this.#preparing.inTurn(mine, () =>
        kind.prepare({ sessionId, request, folder, signal, claimVm }),
      );
      signal.throwIfAborted();
      await this.#store.publish({ ...record, epoch: mine.request.epoch });
      return await this.#serve({ ...record, epoch: mine.request.epoch }, signal);
    } catch (thrown) {
      // Also where the session was served for a moment: releasing twice does nothing.
      await quietly('what the session held is not released', kind.release(sessionId, 0));
      throw fromSystemError(thrown);
    } finally {
      // Nothing is there any more after publish.
      await quietly('prepared session not removed', this.#store.abandon(sessionId));
    }
  }

  async #serve(record: SessionRecord, signal: AbortSignal): Promise<LiveSession> {
    const live = this.#start(record);
    try {
      await this.#untilServed(live);
      signal.throwIfAborted();
      return live;
    } catch (thrown) {
      await quietly('session not removed', this.#remove(live, 'discarded'));
      throw thrown;
    }
  }

  #untilServed(live: LiveSession): Promise<void> {
    const { record } = live;
    return untilServed(live, () => this.#kind(record).requireThere(this.#held(record)));
  }

  #start(record: SessionRecord): LiveSession {
    const live = startSession(record, this.#kind(record).exportsOf(this.#held(record)), this.#config.ttlMs);
    this.#live.set(record.session_id, live);
    return live;
  }

  async #evictExpired(sameVm: (live: LiveSession) => boolean): Promise<void> {
    for (const live of [...this.#live.values()].filter(sameVm)) {
      if (live.ending === undefined && !isExpired(live)) throw vmBusy(live.record, live.record.session_id);
      await (live.ending ?? this.#remove(live, 'unknown'));
    }
  }

  async #adopt(live: LiveSession, request: CreateSession): Promise<SourceSession> {
    requireEpoch(live.record, request.epoch);
    requireSameRequest(live.record, request);
    this.#touch(live);
    const before = live.record;
    const { record, mustRestart } = await this.#kind(before).adopt(this.#held(before), request);
    // A later epoch, or the end, may have come meanwhile.
    requireEpoch(live.record, request.epoch);
    if (live.ending !== undefined) throw unknownSession(live.record.session_id);
    if (record !== before || live.record.epoch !== request.epoch) {
      live.record = { ...record, epoch: request.epoch };
      await saveRecord(this.#store, live);
    }
    if (mustRestart) for (const one of live.exports) one.restart();
    await this.#untilServed(live);
    return toWire(live);
  }

  get(id: string): SourceSession {
    return toWire(this.#require(id));
  }

  async heartbeat(id: string, epoch: number): Promise<SourceSession> {
    const live = this.#require(id);
    requireEpoch(live.record, epoch);
    this.#touch(live);
    if (live.record.epoch !== epoch) {
      live.record = { ...live.record, epoch };
      await saveRecord(this.#store, live);
    }
    return toWire(live);
  }

  async end(
    id: string,
    how: EndSession,
  ): Promise<{ session_id: string; committed: boolean; snapshot_removed: boolean }> {
    const preparation = this.#preparing.byJob(id);
    if (preparation !== undefined) {
      requireEpoch(preparation.request, how.epoch);
      await this.#preparing.giveUp(preparation);
      const { sessionId, request } = preparation;
      const isGone = await this.#kind(request).release(sessionId, this.#config.removalWaitMs ?? REMOVAL_WAIT_MS);
      return { session_id: sessionId, committed: false, snapshot_removed: isGone };
    }
    const live = this.#find(id);
    if (live === undefined) {
      this.#ended.refuse(id, how.epoch);
      throw unknownSession(id);
    }
    requireEpoch(live.record, how.epoch);
    const isGone = await (live.ending ?? this.#remove(live, how.committed ? 'committed' : 'discarded'));
    return { session_id: live.record.session_id, committed: how.committed, snapshot_removed: isGone };
  }

  /** True when nothing of it is left at the source. */
  #remove(live: LiveSession, outcome: Outcome): Promise<boolean> {
    const { session_id: sessionId, job_id: jobId } = live.record;
    const kind = this.#kind(live.record);
    const work = async (): Promise<boolean> => {
      await kind.settle(this.#held(live.record), outcome);
      await live.writes;
      await this.#store.remove(sessionId);
      // Nobody may read from a snapshot that is being removed.
      await stopExports(live);
      this.#live.delete(sessionId);
      vmaLog.info({ sessionId, jobId, outcome }, 'session ended');
      return kind.release(sessionId, this.#config.removalWaitMs ?? REMOVAL_WAIT_MS);
    };
    live.ending = work().catch((thrown: unknown) => {
      // It can be asked for again.
      live.ending = undefined;
      throw thrown;
    });
    return live.ending;
  }

  areas(id: string, question: AreaQuestion): Promise<AreaPage> {
    const { record } = this.#require(id);
    return this.#kind(record).areas(this.#held(record), question);
  }

  disk(id: string, diskId: string, epoch: number): SessionDisk {
    const { record } = this.#require(id);
    requireEpoch(record, epoch);
    return diskIn<SessionDisk>(record.disks, diskId);
  }

  list(): SourceSession[] {
    return [...this.#live.values()].filter((live) => live.ending === undefined).map(toWire);
  }

  removals(): SnapshotRemoval[] {
    return Object.values(this.#config.kinds).flatMap((kind) => kind.removals());
  }

  byJob(jobId: string): SourceSession | undefined {
    const live = this.#find(jobId);
    return live === undefined ? undefined : toWire(live);
  }

  async close(): Promise<void> {
    await this.#preparing.giveUpSilent(-1);
    await Promise.all(this.#rounds.map((round) => round.stop()));
    await Promise.all([...this.#live.values()].map((live) => stopExports(live)));
    for (const kind of Object.values(this.#config.kinds)) await kind.close();
  }

  #kind(of: { readonly kind: CreateSession['kind'] }): SourceKind {
    return this.#config.kinds[of.kind];
  }

  #held(record: SessionRecord): Held {
    return { record, folder: this.#store.folderOf(record.session_id) };
  }

  #find(id: string): LiveSession | undefined {
    return this.#live.get(id) ?? [...this.#live.values()].find((live) => live.record.job_id === id);
  }

  #require(id: string): LiveSession {
    const live = this.#find(id);
    if (live === undefined || live.ending !== undefined) throw this.#ended.why(id);
    return live;
  }

  #touch(live: LiveSession): void {
    live.expiresAtMs = systemClock.monotonic() + this.#config.ttlMs;
  }

  async #reap(): Promise<void> {
    await this.#preparing.giveUpSilent(Math.min(this.#config.ttlMs, ABANDONED_MS));
    for (const live of [...this.#live.values()]) {
      if (live.ending !== undefined || !isExpired(live)) continue;
      vmaLog.warn({ sessionId: live.record.session_id, jobId: live.record.job_id }, 'session expired');
      await quietly('expired session not removed', this.#remove(live, 'unknown'));
    }
  }

  async #watch(): Promise<void> {
    for (const live of [...this.#live.values()]) {
      if (live.ending === undefined) await quietly('session not watched', this.#lookAfter(live));
    }
  }

  async #lookAfter(live: LiveSession): Promise<void> {
    const { session_id: sessionId, job_id: jobId } = live.record;
    const { alarms, end } = await this.#kind(live.record).watch(live.record);
    for (const { code, text } of alarms) {
      if (!live.alarms.some((known) => known.code === code)) vmaLog.warn({ sessionId, jobId, code }, text);
    }
    live.alarms = alarms;
    if (end === undefined || live.ending !== undefined) return;
    vmaLog.error({ err: end, sessionId, jobId }, 'session ended by the VMA');
    this.#ended.keep(live.record, end);
    await this.#remove(live, 'unknown');
  }
}

interface HolderOfVm {
  readonly kind: CreateSession['kind'];
  readonly vm: string;
  readonly vmUuid: string | undefined;
}

const isExpired = (live: LiveSession): boolean => systemClock.monotonic() > live.expiresAtMs;

function requireEachOnce({ disks }: CreateSession): void {
  if (new Set(disks.map((disk) => disk.disk_id)).size === disks.length) return;
  throw invalidRequest('request.invalid', 'a disk is named twice', {
    details: { errors: [{ path: 'disks', message: 'each disk_id once' }] },
  });
}
