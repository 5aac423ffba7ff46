import type { ServerResponse } from 'node:http';
import { KiB, SECOND } from '../../base/units.ts';
import { HEARTBEAT, HELLO, SESSION_OVER } from './frames.ts';

/** Who lets more than this wait is cut off: it comes back with Last-Event-ID when it reads again. */
export const WAITING_BYTES_MAX = 256 * KiB;
const HEARTBEAT_MS = 15 * SECOND;
/** While old events are sent the pace is the client's; one that takes nothing for this long is gone. */
const DRAIN_WITHIN_MS = 30 * SECOND;
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

  /** Cuts the client off when it does not read. */
  write(text: string | Buffer): void {
    if (!this.isOpen) return;
    if (this.#res.writableLength > WAITING_BYTES_MAX) this.#res.destroy();
    else this.#res.write(text);
  }

  /** Resolves when what was written is on its way, or the client is gone; who takes nothing is cut off. */
  async drained(): Promise<void> {
    if (!this.isOpen || !this.#res.writableNeedDrain) return;
    const res = this.#res;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        res.off('drain', done);
        res.off('close', done);
        resolve();
      };
      const late = setTimeout(() => {
        res.destroy();
        done();
      }, DRAIN_WITHIN_MS);
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
