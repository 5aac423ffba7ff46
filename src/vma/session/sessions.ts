import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { invalidRequest, notFound } from '../../base/errors.ts';
import { vmaLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { AreaPage, CreateSession, EndSession, SessionDisk, SourceSession } from '../contract.ts';
import { fromSystemError } from '../folder/freeze.ts';
import { areaPage } from '../index/areas.ts';
import { BLOCK_BYTES, openIndex } from '../index/block-index.ts';
import {
  type LiveSession,
  quietly,
  requireEpoch,
  requireSameRequest,
  saveRecord,
  settleIndexes,
  startSession,
  stopExports,
  toWire,
  untilServed,
  withBases,
} from './live-session.ts';
import { ABANDONED_MS, type Preparation, preparations, vmBusy } from './preparations.ts';
import { checkRequest, type PrepareContext, prepareSession } from './prepare.ts';
import type { DiskRecord, SessionStore } from './record.ts';

/**
 * All source sessions of this VMA. At most one per job and one per VM; they outlive this process and end by DELETE or,
 * when nobody sends heartbeats, by the reaper. A job has one session, so its id names the session as well as the
 * session's own id does.
 */
export interface Sessions {
  /** Makes or adopts. `created` tells which. */
  create(request: CreateSession, waitMs: number): Promise<{ session: SourceSession; created: boolean }>;
  /** @throws not-found `session.unknown` */
  get(id: string): SourceSession;
  heartbeat(id: string, epoch: number): Promise<SourceSession>;
  end(id: string, how: EndSession): Promise<{ session_id: string; committed: boolean }>;
  areas(id: string, diskId: string, cursor: string | undefined): Promise<AreaPage>;
  /**
   * A disk of a session that still lives and is not in later hands.
   * @throws not-found `session.unknown`, `session.disk-unknown`; conflict `session.stale-epoch`
   */
  disk(id: string, diskId: string, epoch: number): SessionDisk;
  list(): SourceSession[];
  /** Undefined where `get` throws. */
  byJob(jobId: string): SourceSession | undefined;
  /** Ends the exports; the sessions stay on disk for the next start. */
  close(): Promise<void>;
}

export interface SessionsConfig extends PrepareContext {
  readonly ttlMs: number;
}

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
  readonly #preparing = preparations();
  readonly #reaper: NodeJS.Timeout;
  #reaping: Promise<void> | undefined;

  constructor(store: SessionStore, config: SessionsConfig) {
    this.#store = store;
    this.#config = config;
    this.#reaper = setInterval(() => this.#reapOnce(), Math.min(config.ttlMs / 4, 15 * SECOND));
  }

  async load(): Promise<void> {
    for (const record of await this.#store.loadAll()) {
      const live = startSession(this.#store, record, this.#config.ttlMs);
      this.#live.set(record.session_id, live);
      if (!(await this.#isWhole(live))) await quietly('broken session not removed', this.#remove(live, 'discarded'));
    }
    // The first requests should find them served; one that cannot be must not keep the VMA from starting.
    await Promise.all([...this.#live.values()].map((live) => quietly('export not served again', untilServed(live))));
  }

  async #isWhole({ record }: LiveSession): Promise<boolean> {
    for (const disk of record.disks) {
      const image = join(this.#store.folderOf(record.session_id), disk.image_file);
      const size = await stat(image).then(
        (found) => found.size,
        () => -1,
      );
      if (size === disk.capacity_bytes) continue;
      vmaLog.error({ sessionId: record.session_id, image, size }, 'frozen disk missing or cut off, session removed');
      return false;
    }
    return true;
  }

  async create(request: CreateSession, waitMs: number): Promise<{ session: SourceSession; created: boolean }> {
    checkRequest(request);
    const found = this.#find(request.job_id);
    if (found?.ending !== undefined) await found.ending;
    else if (found !== undefined) return { session: await this.#adopt(found, request), created: false };
    const preparation = this.#preparing.joinOrBegin(request, (mine) => this.#make(mine));
    const live = await this.#preparing.result(preparation, waitMs);
    return { session: await this.#adopt(live, request), created: true };
  }

  async #make(mine: Preparation): Promise<LiveSession> {
    const { signal } = mine.abort;
    const { sessionId, request } = mine;
    const clear = async (sameVm: (held: { vm: string; vmUuid: string | undefined }) => boolean): Promise<void> => {
      await this.#preparing.evict(mine, (other) => sameVm({ vm: other.request.vm, vmUuid: other.vmUuid }));
      await this.#evictExpired((live) => sameVm({ vm: live.record.vm, vmUuid: live.record.vm_uuid }));
    };
    await clear((held) => held.vm === request.vm);
    try {
      const folder = await this.#store.prepare(sessionId);
      const claimVm = async (vmUuid: string): Promise<void> => {
        mine.vmUuid = vmUuid;
        await clear((held) => held.vmUuid === vmUuid);
      };
      const record = await this.#preparing.inTurn(signal, () =>
        prepareSession(this.#config, { sessionId, request, folder, signal, claimVm }),
      );
      signal.throwIfAborted();
      await this.#store.publish({ ...record, epoch: mine.request.epoch });
      return await this.#serve({ ...record, epoch: mine.request.epoch }, signal);
    } catch (thrown) {
      throw fromSystemError(thrown);
    } finally {
      // Nothing is there any more after publish.
      await quietly('prepared session not removed', this.#store.abandon(sessionId));
    }
  }

  async #serve(record: LiveSession['record'], signal: AbortSignal): Promise<LiveSession> {
    const live = startSession(this.#store, record, this.#config.ttlMs);
    this.#live.set(record.session_id, live);
    try {
      await untilServed(live);
      signal.throwIfAborted();
      return live;
    } catch (thrown) {
      await quietly('session not removed', this.#remove(live, 'discarded'));
      throw thrown;
    }
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
    const asked = new Map(request.disks.map((disk) => [disk.disk_id, disk.change_id ?? null]));
    const { disks, vm_uuid: vmUuid } = live.record;
    const place = { indexes: this.#config.indexes, folder: this.#store.folderOf(live.record.session_id), vmUuid };
    const isOther = disks.some((disk) => disk.asked_change_id !== asked.get(disk.disk_id));
    const rebased = isOther ? await withBases(place, disks, request.disks) : disks;
    // A later epoch, or the end, may have come while the indexes were looked at.
    requireEpoch(live.record, request.epoch);
    if (live.ending !== undefined) throw unknownSession(live.record.session_id);
    if (isOther || live.record.epoch !== request.epoch) {
      live.record = { ...live.record, epoch: request.epoch, disks: rebased };
      await saveRecord(this.#store, live);
    }
    await untilServed(live);
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

  async end(id: string, how: EndSession): Promise<{ session_id: string; committed: boolean }> {
    const preparation = this.#preparing.byJob(id);
    if (preparation !== undefined) {
      requireEpoch(preparation.request, how.epoch);
      await this.#preparing.giveUp(preparation);
      return { session_id: preparation.sessionId, committed: false };
    }
    const live = this.#find(id);
    if (live === undefined) throw unknownSession(id);
    requireEpoch(live.record, how.epoch);
    await (live.ending ?? this.#remove(live, how.committed ? 'committed' : 'discarded'));
    return { session_id: live.record.session_id, committed: how.committed };
  }

  #remove(live: LiveSession, outcome: 'committed' | 'discarded' | 'unknown'): Promise<void> {
    const { record } = live;
    const folder = this.#store.folderOf(record.session_id);
    const work = async (): Promise<void> => {
      await settleIndexes({ indexes: this.#config.indexes, folder }, record, outcome);
      await live.writes;
      await this.#store.remove(record.session_id);
      await stopExports(live);
      this.#live.delete(record.session_id);
      vmaLog.info({ sessionId: record.session_id, jobId: record.job_id, outcome }, 'session ended');
    };
    live.ending = work().catch((thrown: unknown) => {
      // It can be asked for again.
      live.ending = undefined;
      throw thrown;
    });
    return live.ending;
  }

  async areas(id: string, diskId: string, cursor: string | undefined): Promise<AreaPage> {
    const { record } = this.#require(id);
    const disk = diskIn(record, diskId);
    const from = cursor === undefined ? 0 : Number(cursor);
    const isBorder = /^\d{1,16}$/.test(cursor ?? '0') && from % BLOCK_BYTES === 0 && from < disk.capacity_bytes;
    if (!isBorder) {
      throw invalidRequest('areas.cursor-invalid', 'the cursor is not one of this disk', {
        details: { errors: [{ path: 'cursor', message: 'take next_cursor of the page before' }] },
      });
    }
    const folder = this.#store.folderOf(record.session_id);
    const index = await openIndex(join(folder, disk.index_file));
    try {
      if (disk.base_file === null) return await areaPage(index, undefined, from);
      const base = await openIndex(join(folder, disk.base_file));
      try {
        return await areaPage(index, base, from);
      } finally {
        await base.close();
      }
    } finally {
      await index.close();
    }
  }

  disk(id: string, diskId: string, epoch: number): SessionDisk {
    const { record } = this.#require(id);
    requireEpoch(record, epoch);
    return diskIn(record, diskId);
  }

  list(): SourceSession[] {
    return [...this.#live.values()].filter((live) => live.ending === undefined).map(toWire);
  }

  byJob(jobId: string): SourceSession | undefined {
    const live = this.#find(jobId);
    return live === undefined ? undefined : toWire(live);
  }

  async close(): Promise<void> {
    clearInterval(this.#reaper);
    await this.#preparing.giveUpSilent(-1);
    await this.#reaping;
    await Promise.all([...this.#live.values()].map((live) => stopExports(live)));
  }

  #find(id: string): LiveSession | undefined {
    return this.#live.get(id) ?? [...this.#live.values()].find((live) => live.record.job_id === id);
  }

  #require(id: string): LiveSession {
    const live = this.#find(id);
    if (live === undefined || live.ending !== undefined) throw unknownSession(id);
    return live;
  }

  #touch(live: LiveSession): void {
    live.expiresAtMs = systemClock.monotonic() + this.#config.ttlMs;
  }

  #reapOnce(): void {
    this.#reaping ??= this.#reap().finally(() => {
      this.#reaping = undefined;
    });
  }

  async #reap(): Promise<void> {
    await this.#preparing.giveUpSilent(Math.min(this.#config.ttlMs, ABANDONED_MS));
    for (const live of [...this.#live.values()]) {
      if (live.ending !== undefined || !isExpired(live)) continue;
      vmaLog.warn({ sessionId: live.record.session_id, jobId: live.record.job_id }, 'session expired');
      await quietly('expired session not removed', this.#remove(live, 'unknown'));
    }
  }
}

const isExpired = (live: LiveSession): boolean => systemClock.monotonic() > live.expiresAtMs;

function diskIn(record: LiveSession['record'], diskId: string): DiskRecord {
  const disk = record.disks.find((one) => one.disk_id === diskId);
  if (disk === undefined) throw notFound('session.disk-unknown', `the session has no disk ${diskId}`);
  return disk;
}

function unknownSession(id: string): Error {
  return notFound('session.unknown', `there is no source session ${id}`, {
    details: { session_id: id },
    hint: 'it was ended or has expired; POST /source-sessions makes a new one, with a new snapshot',
  });
}
