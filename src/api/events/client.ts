import type { ServerResponse } from 'node:http';
import { KiB, SECOND } from '../../base/units.ts';
import { HEARTBEAT, HELLO, SESSION_OVER } from './frames.ts';

/** Who lets more than this wait gets nothing new: it is served from the table, at its own pace, once it has read. */
const WAITING_BYTES_MAX = 256 * KiB;
const HEARTBEAT_MS = 15 * SECOND;
/** Who does not even read that within this time is cut off: it comes back with Last-Event-ID when it reads again. */
const READ_WITHIN_MS = 10 * SECOND;
/** What still waits when a stream is ended gets this long to go out. */
const END_WITHIN_MS = 5 * SECOND;

export interface ClientWish {
  /** Undefined: all jobs. */
  readonly jobId: string | undefined;
  /** Log events after this id; undefined: from now on. */
  readonly lastEventId: number | undefined;
  /** Epoch milliseconds: when the session ends the stream does. */
  readonly sessionEndsAt: number;
}

/** One open stream: what it wants, how far it is, and the only place that writes to it. */
export class StreamClient {
  readonly jobId: string | undefined;
  readonly sessionEndsAt: number;
  readonly #res: ServerResponse;
  #beatAtMs: number;
  /** Largest id of a log event that was sent, or that is not wanted. Undefined until the start is known. */
  cursor: number | undefined;
  /** The cursor is the id of an event that exists, or existed. */
  isKnownId = false;
  /** Old events are through: what the tail brings is sent as it comes. */
  isLive = false;
  /** State of the job as it was last told here; of all jobs, the version of what is known of them. */
  toldJob = '';
  toldProgress = '';
  toldVersion = -1;
  /** The job is over: everything up to this id is still to be sent. */
  endsAfterId: number | undefined;
  overSinceMs: number | undefined;

  constructor(res: ServerResponse, wish: ClientWish, nowMs: number) {
    this.#res = res;
    this.jobId = wish.jobId;
    this.cursor = wish.lastEventId;
    this.sessionEndsAt = wish.sessionEndsAt;
    this.#beatAtMs = nowMs + HEARTBEAT_MS;
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      // A stream is the last answer of its connection: a server that stops need not wait for the next request.
      connection: 'close',
    });
    res.write(HELLO);
  }

  get isOpen(): boolean {
    return !this.#res.writableEnded && !this.#res.destroyed;
  }

  /** Runs when the stream is over, whoever ended it. */
  onClose(done: () => void): void {
    this.#res.once('close', done);
  }

  /** So much waits that the client gets nothing new before it has read. */
  get isClogged(): boolean {
    return this.#res.writableLength > WAITING_BYTES_MAX;
  }

  write(text: string | Buffer): void {
    if (this.isOpen) this.#res.write(text);
  }

  /** Resolves when what was written is on its way, or the client is gone; who takes nothing for a while is cut off. */
  async drained(): Promise<void> {
    while (this.isOpen && this.#res.writableNeedDrain) {
      const waiting = this.#res.writableLength;
      await this.#drain(READ_WITHIN_MS);
      if (this.#res.writableNeedDrain && this.#res.writableLength >= waiting) this.#res.destroy();
    }
  }

  async #drain(withinMs: number): Promise<void> {
    const res = this.#res;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        res.off('drain', done);
        res.off('close', done);
        resolve();
      };
      const late = setTimeout(done, withinMs);
      res.on('drain', done);
      res.on('close', done);
    });
  }

  /** Heartbeat, and the end of the session. @param nowMs epoch milliseconds */
  tick(nowMs: number): void {
    if (nowMs >= this.sessionEndsAt) this.end(SESSION_OVER);
    else if (nowMs >= this.#beatAtMs) {
      this.#beatAtMs = nowMs + HEARTBEAT_MS;
      this.write(HEARTBEAT);
    }
  }

  end(lastWords = ''): void {
    if (!this.isOpen) return;
    this.#res.end(lastWords);
    // A client that does not read would keep its end waiting for ever.
    const late = setTimeout(() => this.#res.destroy(), END_WITHIN_MS);
    this.#res.once('close', () => clearTimeout(late));
  }
}
