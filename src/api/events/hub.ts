import type { ServerResponse } from 'node:http';
import { sleep, systemClock } from '../../base/clock.ts';
import { busy, describeError } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';
import { SECOND } from '../../base/units.ts';
import type { Knex } from '../../db/knex.ts';
import {
  logEventIdBefore,
  logEventsAfter,
  logEventsOfJob,
  newestLogEventId,
  type LogEventRecord,
} from '../../db/stores/log-event-store.ts';
import { within } from '../../queues/loop.ts';
import { StreamClient, type ClientWish } from './client.ts';
import { END, logFrame } from './frames.ts';
import { IdOrder } from './id-order.ts';
import { JobWatch, type JobChange, type JobState } from './job-watch.ts';

/** How often the database is asked while somebody listens. */
const POLL_MS = 400;
const AFTER_FAILURE_MS = 1 * SECOND;
const ROWS_MAX = 1_000;
/** No transaction of ours that writes a log event lasts this long; see docs/decisions. */
const HOLE_WAIT_MS = 3 * SECOND;
/** Old events are read in pages of this many rows, for so many clients at a time. */
const PAGE_ROWS = 200;
const READERS_MAX = 4;
const READER_PAUSE_MS = 50;
/** Lines of other processes about a job that has just ended come a little later. */
const LAST_LINES_MS = 1 * SECOND;
const TICK_MS = 1 * SECOND;
/** A database that hangs must not hold the end of the process up. */
const CLOSE_WITHIN_MS = 2 * SECOND;

/**
 * All streams of this process: one tail of log_events and one watch of jobs, however many clients listen, and nothing
 * at all while nobody does. A database that is away is waited for; clients stay.
 */
export class EventHub {
  readonly #db: Knex;
  readonly #clientsMax: number;
  readonly #clients = new Set<StreamClient>();
  #watch: JobWatch;
  #order: IdOrder | undefined;
  #polling: Promise<void> | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #readers = 0;
  readonly #closing = new AbortController();

  constructor(options: { readonly db: Knex; readonly clientsMax: number }) {
    this.#db = options.db;
    this.#clientsMax = options.clientsMax;
    this.#watch = new JobWatch(options.db);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** @throws busy `events.too-many-streams`, `events.shutdown`: come back later */
  admit(): void {
    if (this.#closing.signal.aborted)
      throw busy('events.shutdown', 'this process is shutting down', { hint: 'connect again' });
    if (this.#clients.size < this.#clientsMax) return;
    throw busy('events.too-many-streams', `this process has ${this.#clientsMax} streams open, which is its limit`, {
      hint: 'close streams that nobody watches, raise MIGRATEKIT_API_STREAMS_MAX or start another API process',
    });
  }

  /** Takes over the answer. `snapshot` is what is known of the job of the stream. */
  open(res: ServerResponse, wish: ClientWish, snapshot?: Pick<JobState, 'signature' | 'job' | 'progress'>): void {
    // It left while the question was answered, and its close will not be told again.
    if (res.destroyed) return;
    const client = new StreamClient(res, wish, Date.now());
    client.cursor ??= this.#order?.position;
    this.#clients.add(client);
    client.onClose(() => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) clearInterval(this.#ticking);
    });
    if (snapshot !== undefined) tellJob(client, snapshot);
    if (this.#clients.size === 1) this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    if (!this.#closing.signal.aborted) this.#polling ??= this.#poll();
    if (this.#closing.signal.aborted) client.end();
    void this.#catchUp(client);
  }

  /** Ends every stream; its client connects again, elsewhere. Waits a moment for what still asks the database. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('shutdown'));
    for (const client of this.#clients) client.end();
    clearInterval(this.#ticking);
    if (this.#polling !== undefined) await within(CLOSE_WITHIN_MS, this.#polling);
  }

  /** Ends early when the hub closes. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, this.#closing.signal).catch(() => undefined);
  }

  #tick(): void {
    const nowMs = Date.now();
    for (const client of this.#clients) client.tick(nowMs);
  }

  async #poll(): Promise<void> {
    let isAway = false;
    while (this.#clients.size > 0 && !this.#closing.signal.aborted) {
      try {
        const isMoreWaiting = await this.#round();
        if (isAway) apiLog.info('event streams go on');
        isAway = false;
        await this.#pause(isMoreWaiting ? 0 : POLL_MS);
      } catch (error) {
        if (!isAway) apiLog.warn({ reason: describeError(error) }, 'event streams wait for the database');
        isAway = true;
        await this.#pause(AFTER_FAILURE_MS);
      }
    }
    this.#order = undefined;
    this.#watch = new JobWatch(this.#db);
    this.#polling = undefined;
  }

  /** @returns whether the next page can be read at once */
  async #round(): Promise<boolean> {
    const order = (this.#order ??= await this.#begin());
    const askedAtMs = systemClock.monotonic();
    const rows = await logEventsAfter(this.#db, { afterId: order.position, limit: ROWS_MAX });
    const ready = order.take(rows, askedAtMs, systemClock.monotonic());
    this.#deliver(ready);
    const isAll = rows.length < ROWS_MAX;
    this.#endFinished({ askedAtMs, position: order.position, lastId: isAll ? (rows.at(-1)?.id ?? 0) : undefined });
    const touched = rows.flatMap((row) => row.jobId ?? []);
    const { changes, gone } = await this.#watch.round({ ...this.#interest(), touched });
    this.#tell(changes);
    for (const client of this.#clients) {
      if (client.jobId !== undefined && gone.includes(client.jobId)) markOver(client);
    }
    return !isAll && ready.length > 0;
  }

  /** The present is where the tail stands when a client comes, not when its turn has come. */
  async #begin(): Promise<IdOrder> {
    const order = new IdOrder(await logEventIdBefore(this.#db, HOLE_WAIT_MS), HOLE_WAIT_MS);
    for (const client of this.#clients) client.cursor ??= order.position;
    return order;
  }

  #interest(): { readonly jobIds: readonly string[]; readonly everything: boolean } {
    const ids = new Set<string>();
    let everything = false;
    for (const { jobId } of this.#clients) {
      if (jobId === undefined) everything = true;
      else ids.add(jobId);
    }
    return { jobIds: [...ids], everything };
  }

  /** Everyone who wants everything gets the same bytes. */
  #deliver(events: readonly LogEventRecord[]): void {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    const frames = events.map((event) => ({ id: event.id, jobId: event.jobId, text: logFrame(event) }));
    const all = Buffer.from(frames.map((each) => each.text).join(''));
    const byJob = Map.groupBy(frames, (each) => each.jobId);
    for (const client of this.#clients) {
      const { cursor } = client;
      if (cursor === undefined || !this.#takesNews(client)) continue;
      const mine = client.jobId === undefined ? frames : (byJob.get(client.jobId) ?? []);
      if (mine === frames && cursor < first.id) client.write(all);
      else
        writeFrames(
          client,
          mine.filter((each) => each.id > cursor).map((each) => each.text),
        );
      client.cursor = Math.max(cursor, last.id);
    }
  }

  #tell(changes: readonly JobChange[]): void {
    if (changes.length === 0) return;
    const all = Buffer.from(changes.map(textOf).join(''));
    const byId = new Map(changes.map((change) => [change.state.jobId, change.state]));
    for (const client of this.#clients) {
      const state = client.jobId === undefined ? undefined : byId.get(client.jobId);
      if (state?.isOver === true) markOver(client);
      if (!this.#takesNews(client)) continue;
      if (state !== undefined) tellJob(client, state);
      if (client.jobId !== undefined) continue;
      client.write(all);
      client.toldVersion = this.#watch.version;
    }
  }

  /** A job is over when its row says so; its stream when everything that was visible by then was sent. */
  #endFinished(seen: {
    readonly askedAtMs: number;
    readonly position: number;
    readonly lastId: number | undefined;
  }): void {
    for (const client of this.#clients) {
      if (client.overSinceMs === undefined || !client.isLive) continue;
      if (seen.askedAtMs < client.overSinceMs + LAST_LINES_MS) continue;
      if (seen.lastId !== undefined) client.endsAfterId ??= Math.max(seen.lastId, seen.position);
      if (client.endsAfterId !== undefined && seen.position >= client.endsAfterId) client.end(END);
    }
  }

  /** A live client that does not keep up is live no more: it holds no more than it has, and goes on when it has read. */
  #takesNews(client: StreamClient): boolean {
    if (client.isLive && client.isClogged) {
      client.isLive = false;
      void this.#catchUp(client);
    }
    return client.isLive;
  }

  /** From what the client has to where the tail is, out of the table; then it is live. */
  async #catchUp(client: StreamClient): Promise<void> {
    while (client.isOpen && !client.isLive) {
      await client.drained();
      try {
        await this.#approach(client);
      } catch {
        // The tail says it in the log already.
        await this.#pause(AFTER_FAILURE_MS);
      }
    }
  }

  async #approach(client: StreamClient): Promise<void> {
    const order = this.#order;
    if (order === undefined || this.#readers >= READERS_MAX) return this.#pause(READER_PAUSE_MS);
    const { cursor = order.position } = client;
    if (cursor < order.position) return this.#sendPage(client, cursor, order.position);
    if (cursor === order.position || client.isKnownId) return this.#goLive(client, cursor);
    // An id that was never given out belongs to another database, or to this one before it was restored.
    if (cursor > (await newestLogEventId(this.#db))) client.cursor = order.position;
    client.isKnownId = true;
  }

  /** Must not wait for anything: what the tail delivers meanwhile would be lost. */
  #goLive(client: StreamClient, cursor: number): void {
    client.cursor = cursor;
    client.isLive = true;
    this.#tellAll(client);
  }

  async #sendPage(client: StreamClient, afterId: number, upToId: number): Promise<void> {
    const page = { afterId, upToId, limit: PAGE_ROWS };
    this.#readers += 1;
    try {
      const { jobId } = client;
      const rows = await (jobId === undefined
        ? logEventsAfter(this.#db, page)
        : logEventsOfJob(this.#db, { ...page, jobId }));
      writeFrames(client, rows.map(logFrame));
      client.cursor = rows.length < PAGE_ROWS ? upToId : (rows.at(-1)?.id ?? upToId);
    } finally {
      this.#readers -= 1;
    }
  }

  /** What is known of the client's jobs by now. */
  #tellAll(client: StreamClient): void {
    if (client.jobId !== undefined) {
      const state = this.#watch.stateOf(client.jobId);
      if (state !== undefined) tellJob(client, state);
      if (state?.isOver === true) markOver(client);
      return;
    }
    if (client.toldVersion === this.#watch.version) return;
    writeFrames(
      client,
      Array.from(this.#watch.states(), (state) => state.job + state.progress),
    );
    client.toldVersion = this.#watch.version;
  }
}

function textOf(change: JobChange): string {
  const { state, isJobNew, isProgressNew } = change;
  return (isJobNew ? state.job : '') + (isProgressNew ? state.progress : '');
}

function tellJob(client: StreamClient, state: Pick<JobState, 'signature' | 'job' | 'progress'>): void {
  const job = state.signature === client.toldJob ? '' : state.job;
  const progress = state.progress === client.toldProgress ? '' : state.progress;
  client.toldJob = state.signature;
  client.toldProgress = state.progress;
  writeFrames(client, [job + progress]);
}

function markOver(client: StreamClient): void {
  client.overSinceMs ??= systemClock.monotonic();
}

function writeFrames(client: StreamClient, frames: readonly string[]): void {
  const text = frames.join('');
  if (text !== '') client.write(text);
}
