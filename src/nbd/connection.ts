import type { Socket } from 'node:net';
import type { AppError } from '../base/errors.ts';
import { toAppError } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { SECOND } from '../base/units.ts';
import { connectionLost, onDevice, requestError, stalled } from './errors.ts';
import { COMMAND, COMMAND_FLAG, ERRNO } from './protocol/constants.ts';
import type { ExportInfo } from './protocol/export-info.ts';
import { ReplyStream, type Awaited } from './protocol/reply-stream.ts';
import { encodeRequest, type Cookie } from './protocol/requests.ts';
import { protocolError } from './protocol/wire.ts';
import type { NbdRequest } from './request.ts';

export interface ConnectionOptions {
  /** For messages. */
  readonly device: string;
  /** No byte received for this long while something is in flight ends the connection with nbd.stalled. */
  readonly stallMs: number;
  /** The same while a FLUSH is in flight: it may write out gigabytes first. */
  readonly flushMs: number;
  /** Called once, before the requests in flight fail. Undefined: closed by us. */
  readonly onClosed: (error: AppError) => unknown;
  /** A request was answered, or failed: `error`. Its slot is free. */
  readonly onSettled: (request: NbdRequest, error: AppError | undefined) => unknown;
}

/** One answer may take longer than the stall limit while others flow, but not this many times longer. */
const OLDEST_FACTOR = 5;
/** How long a polite farewell may take. */
const FAREWELL_MS = 1 * SECOND;

/**
 * One socket in the transmission phase: sends requests, matches replies in whatever order they come. An error reply
 * fails its request only; a broken protocol, a stall or a lost socket fails all that is in flight. Neither repeats nor
 * reconnects. Made by open-connection.ts; whoever opened it closes it.
 */
export class NbdConnection {
  readonly info: ExportInfo;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #stream: ReplyStream;
  /** By slot; a free slot keeps the generation of its last tenant. */
  readonly #slots: (NbdRequest | undefined)[] = [];
  readonly #free: number[] = [];
  #generation = 0;
  #inFlight = 0;
  #isCorked = false;
  /** One piece spares qemu a look at its extents for each read. */
  #mayAskOnePiece: boolean;
  #closed: AppError | undefined;
  /** Set when the server announced its end: nothing new is sent. */
  #leaving: AppError | undefined;
  #heardAtMs = performance.now();
  /** Since the watch last looked. Reads are too many for a clock each. */
  #isHeard = false;
  readonly #watch: NodeJS.Timeout;

  constructor(socket: Socket, info: ExportInfo, options: ConnectionOptions) {
    this.#socket = socket;
    this.info = info;
    this.#mayAskOnePiece = info.hasStructured && info.canDf;
    this.#options = options;
    this.#stream = new ReplyStream(
      {
        find: ({ slot, generation }) => {
          const request = this.#slots[slot];
          return request?.generation === generation ? request : undefined;
        },
        complete: (request, cookie) => this.#complete(request, cookie),
      },
      info,
    );
    socket.on('error', (error) => this.destroy(connectionLost(options.device, error)));
    socket.on('end', () => this.destroy(connectionLost(options.device)));
    socket.on('close', () => this.destroy(connectionLost(options.device)));
    this.#watch = setInterval(() => this.#checkStall(), Math.max(10, Math.min(options.stallMs / 4, SECOND)));
    this.#watch.unref();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether it takes another request. */
  get isUsable(): boolean {
    return this.#closed === undefined && this.#leaving === undefined;
  }

  /** Where the socket's next bytes go; see ReplyStream. */
  room(): Buffer {
    return this.#stream.room();
  }

  /** The socket put `bytes` there. */
  received(bytes: number): void {
    this.#isHeard = true;
    if (this.#closed !== undefined) return;
    try {
      this.#stream.advance(bytes);
    } catch (error) {
      this.destroy(onDevice(toAppError(error), this.#options.device));
    }
  }

  /** Sends it; `onSettled` tells the end. Only for a connection that is usable. */
  start(request: NbdRequest): void {
    invariant(this.isUsable, 'a request is given to a connection that takes one');
    const nowMs = performance.now();
    if (this.#inFlight === 0) this.#heardAtMs = nowMs;
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#generation = (this.#generation + 1) >>> 0;
    request.begin(slot, this.#generation, nowMs);
    this.#slots[slot] = request;
    this.#inFlight += 1;
    request.isOnePiece = this.#mayAskOnePiece && request.command === COMMAND.READ;
    this.#send(encodeRequest(request, request.isOnePiece ? COMMAND_FLAG.DF : 0), request.from);
  }

  /** Says goodbye when nothing is in flight, otherwise hangs up; what is in flight fails. Never throws. */
  async close(): Promise<void> {
    if (this.#closed !== undefined) return;
    const gone = Promise.withResolvers<void>();
    this.#socket.once('close', gone.resolve);
    const timer = setTimeout(gone.resolve, FAREWELL_MS);
    if (this.#inFlight === 0) {
      this.#sayGoodbye();
      await gone.promise;
    }
    clearTimeout(timer);
    this.destroy(connectionLost(this.#options.device));
  }

  /** Hangs up. Everything in flight fails with `error`. */
  destroy(error: AppError): void {
    if (this.#closed !== undefined) return;
    this.#closed = this.#leaving ?? error;
    clearInterval(this.#watch);
    this.#socket.destroy();
    this.#options.onClosed(this.#closed);
    const requests = this.#slots.splice(0);
    this.#inFlight = 0;
    for (const request of requests) if (request !== undefined) this.#options.onSettled(request, this.#closed);
  }

  /** All requests of one turn of the event loop leave in one system call. */
  #send(header: Buffer, payload?: Buffer): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    this.#socket.write(header);
    if (payload !== undefined) this.#socket.write(payload);
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#socket.uncork();
  };

  #complete(answer: Awaited, cookie: Cookie): void {
    const request = this.#slots[cookie.slot];
    invariant(request === answer, 'an answer belongs to the request in its slot');
    this.#slots[cookie.slot] = undefined;
    this.#free.push(cookie.slot);
    this.#inFlight -= 1;
    if (isTooLargeForOnePiece(request)) {
      this.#mayAskOnePiece = false;
      if (this.isUsable) {
        this.start(request);
        return;
      }
    }
    const error = this.#errorOf(request);
    if (request.error?.errno === ERRNO.ESHUTDOWN) this.#leaving ??= error;
    this.#options.onSettled(request, error);
    if (this.#leaving !== undefined && this.#inFlight === 0) this.#leave(this.#leaving);
  }

  #errorOf(request: NbdRequest): AppError | undefined {
    // No fault of the request: another connection will take it.
    if (isTooLargeForOnePiece(request)) return this.#leaving ?? this.#closed;
    if (request.error !== undefined)
      return requestError(request.error, { ...place(request), device: this.#options.device });
    if (request.command !== COMMAND.BLOCK_STATUS) return undefined;
    return this.#sortStatuses(request)
      ? undefined
      : onDevice(protocolError('block status of other contexts than were asked for'), this.#options.device);
  }

  /** Ids of contexts are those of one connection, so it says which answer is about what. */
  #sortStatuses(request: NbdRequest): boolean {
    const { contextId, bitmapContextId } = this.info;
    const { statuses } = request;
    request.allocation = statuses.find((status) => status.contextId === contextId);
    request.dirty = statuses.find((status) => status.contextId === bitmapContextId);
    const asked = [contextId, bitmapContextId].filter((id) => id !== undefined);
    const answered = [request.allocation, request.dirty].filter((status) => status !== undefined);
    return statuses.length === asked.length && answered.length === asked.length;
  }

  #leave(why: AppError): void {
    this.#sayGoodbye();
    setTimeout(() => this.destroy(why), FAREWELL_MS).unref();
  }

  /** The server closes when it has read this; a read of ours that finds the end does the rest. */
  #sayGoodbye(): void {
    this.#socket.end(encodeRequest({ command: COMMAND.DISC, slot: 0, generation: 0, offset: 0, length: 0 }));
  }

  /** Silence counts from when the watch first saw it: at most one look late. */
  #checkStall(): void {
    const now = performance.now();
    if (this.#isHeard) {
      this.#isHeard = false;
      this.#heardAtMs = now;
    }
    if (this.#inFlight === 0) return;
    const requests = this.#slots.filter((request) => request !== undefined);
    const hasFlush = requests.some((request) => request.command === COMMAND.FLUSH);
    const limitMs = hasFlush ? this.#options.flushMs : this.#options.stallMs;
    const oldestMs = now - Math.min(...requests.map((request) => request.sentAtMs));
    const silentMs = now - this.#heardAtMs;
    if (silentMs > limitMs) this.destroy(stalled(this.#options.device, silentMs));
    else if (oldestMs > OLDEST_FACTOR * limitMs) this.destroy(stalled(this.#options.device, oldestMs));
  }
}

/** A server may refuse DF for more than 64 KiB. Source: NBD proto.md, NBD_CMD_FLAG_DF. */
const isTooLargeForOnePiece = (request: NbdRequest): boolean =>
  request.isOnePiece && request.error?.errno === ERRNO.EOVERFLOW;

const place = ({ command, offset, length }: NbdRequest) => ({ command, offset, length });
