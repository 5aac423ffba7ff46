import { KiB } from '../../base/units.ts';
import { CHUNK, CHUNK_ERROR_BIT, COMMAND, STRING_BYTES_MAX, type Command } from './constants.ts';
import {
  CHUNK_HEADER_BYTES,
  parseErrorChunk,
  parseHoleChunk,
  parseReplyHeader,
  parseStatusChunk,
  SIMPLE_REPLY_BYTES,
  STATUS_BODY_BYTES_MAX,
  type ErrorChunk,
  type ReplyHeader,
  type StatusChunk,
} from './replies.ts';
import type { Cookie } from './requests.ts';
import { protocolError, readUint64 } from './wire.ts';

/** Bytes [start, end) of the answer to a READ. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** A request in flight, as far as its answer is concerned; the stream gathers the answer in it. */
export interface Awaited {
  readonly command: Command;
  readonly offset: number;
  readonly length: number;
  /** Where the bytes of a READ go: exactly `length`. */
  readonly into: Buffer | undefined;
  /** What of `into` was received. */
  readonly parts: Part[];
  error: ErrorChunk | undefined;
  /** One per context. */
  readonly statuses: StatusChunk[];
}

export interface ReplySink {
  /** The request with this cookie; undefined when none is in flight. */
  find(cookie: Cookie): Awaited | undefined;
  /** Its answer is complete. */
  complete(request: Awaited, cookie: Cookie): void;
}

/** Large enough for hundreds of acknowledgements at once, small beside a payload, which goes past it. */
const SCRATCH_BYTES = 4 * KiB;
/** More metadata contexts than anybody asks for on one connection. */
const CONTEXTS_MAX = 2;
const ERROR_BODY_BYTES_MAX = 14 + STRING_BYTES_MAX;

/** Bytes on their way into `into`; `then` runs when [at, end) is full. */
interface Filling {
  readonly into: Buffer;
  at: number;
  readonly end: number;
  readonly then: () => void;
}

/**
 * Takes the transmission phase apart. Whoever owns the socket asks `room` where the next bytes shall land and tells
 * `advance` how many came: the payload of a read lands in the buffer of its request without a copy, except for what came
 * together with its header. Throws nbd.protocol when the server breaks the protocol; the stream is then of no more use.
 */
export class ReplyStream {
  readonly #sink: ReplySink;
  readonly #hasStructured: boolean;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  /** Bodies that are not data: taken apart as soon as they are complete, so one buffer serves all. */
  #body: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #start = 0;
  #end = 0;
  #filling: Filling | undefined;

  constructor(sink: ReplySink, options: { hasStructured: boolean }) {
    this.#sink = sink;
    this.#hasStructured = options.hasStructured;
  }

  /** Never empty. Valid until the next call of `advance`. */
  room(): Buffer {
    const filling = this.#filling;
    return filling === undefined ? this.#scratch.subarray(this.#end) : filling.into.subarray(filling.at, filling.end);
  }

  /** `bytes` were put at the start of the last `room`. */
  advance(bytes: number): void {
    if (this.#filling === undefined) this.#end += bytes;
    else this.#filling.at += bytes;
    for (;;) {
      if (this.#filling !== undefined) {
        if (!this.#fill(this.#filling)) break;
        continue;
      }
      const header = parseReplyHeader(this.#scratch, this.#start, this.#end);
      if (header === undefined) break;
      this.#start += header.isChunk ? CHUNK_HEADER_BYTES : SIMPLE_REPLY_BYTES;
      this.#begin(header);
    }
    this.#scratch.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Moves what the scratch has; true when the body was completed. */
  #fill(filling: Filling): boolean {
    const bytes = Math.min(this.#end - this.#start, filling.end - filling.at);
    if (bytes > 0) {
      this.#scratch.copy(filling.into, filling.at, this.#start, this.#start + bytes);
      this.#start += bytes;
      filling.at += bytes;
    }
    if (filling.at < filling.end) return false;
    this.#filling = undefined;
    filling.then();
    return true;
  }

  #begin(header: ReplyHeader): void {
    const request = this.#sink.find(header.cookie);
    if (request === undefined) {
      const { slot, generation } = header.cookie;
      throw protocolError('reply to a request that is not in flight', { slot, generation });
    }
    if (header.isChunk) this.#beginChunk(header, request);
    else this.#beginSimple(header, request);
  }

  #beginSimple(header: ReplyHeader, request: Awaited): void {
    const done = (): void => this.#sink.complete(request, header.cookie);
    if (header.errno !== 0) {
      request.error = { errno: header.errno, message: '' };
      done();
    } else if (request.command === COMMAND.READ) {
      if (this.#hasStructured) throw protocolError('simple reply to a read after structured replies were agreed');
      this.#fillRead(request, { start: 0, end: request.length }, done);
    } else if (request.command === COMMAND.BLOCK_STATUS) {
      throw protocolError('simple reply to a block status');
    } else {
      done();
    }
  }

  #beginChunk(header: ReplyHeader, request: Awaited): void {
    if (!this.#hasStructured) throw protocolError('structured reply that was not agreed');
    const { type, bodyBytes } = header;
    const done = (): void => {
      if (header.isLast) this.#complete(request, header.cookie);
    };
    if (type === CHUNK.NONE) {
      if (bodyBytes !== 0 || !header.isLast) throw protocolError('malformed empty chunk');
      done();
    } else if (type === CHUNK.OFFSET_DATA && request.command === COMMAND.READ) {
      this.#beginData(request, bodyBytes, done);
    } else if (type === CHUNK.OFFSET_HOLE && request.command === COMMAND.READ) {
      this.#fillBody(bodyBytes, 12, (body) => {
        const hole = parseHoleChunk(body);
        const part = partOf(request, hole.offset, hole.length);
        request.into?.fill(0, part.start, part.end);
        request.parts.push(part);
        done();
      });
    } else if (type === CHUNK.BLOCK_STATUS && request.command === COMMAND.BLOCK_STATUS) {
      this.#fillBody(bodyBytes, STATUS_BODY_BYTES_MAX, (body) => {
        if (request.statuses.length >= CONTEXTS_MAX) throw protocolError('endless block statuses');
        request.statuses.push(parseStatusChunk(body));
        done();
      });
    } else if ((type & CHUNK_ERROR_BIT) !== 0) {
      this.#fillBody(bodyBytes, ERROR_BODY_BYTES_MAX, (body) => {
        request.error ??= parseErrorChunk(body);
        done();
      });
    } else {
      throw protocolError(`chunk of type ${type} in the answer to command ${request.command}`);
    }
  }

  #beginData(request: Awaited, bodyBytes: number, done: () => void): void {
    const dataBytes = bodyBytes - 8;
    if (dataBytes < 1 || dataBytes > request.length) throw protocolError(`data chunk of ${bodyBytes} bytes`);
    this.#fillBody(8, 8, (body) => {
      const offset = readUint64(body, 0);
      if (offset === undefined) throw protocolError('data chunk outside the request');
      this.#fillRead(request, partOf(request, offset, dataBytes), done);
    });
  }

  #fillRead(request: Awaited, part: Part, done: () => void): void {
    if (request.into === undefined) throw protocolError('data that nobody asked for');
    const { start, end } = part;
    this.#filling = {
      into: request.into,
      at: start,
      end,
      then: () => {
        request.parts.push(part);
        done();
      },
    };
  }

  #fillBody(bytes: number, bytesMax: number, then: (body: Buffer) => void): void {
    if (bytes > bytesMax || bytes === 0) throw protocolError(`chunk claims ${bytes} bytes`);
    if (this.#body.length < bytes) this.#body = Buffer.allocUnsafeSlow(bytes);
    const body = this.#body.subarray(0, bytes);
    this.#filling = { into: body, at: 0, end: bytes, then: () => then(body) };
  }

  #complete(request: Awaited, cookie: Cookie): void {
    if (request.error === undefined) {
      if (request.command === COMMAND.READ) checkCoverage(request);
      if (request.command === COMMAND.BLOCK_STATUS && request.statuses.length === 0) {
        throw protocolError('answer to a block status without one');
      }
    }
    this.#sink.complete(request, cookie);
  }
}

function partOf(request: Awaited, offset: number, length: number): Part {
  const start = offset - request.offset;
  if (length === 0 || start < 0 || start + length > request.length) throw protocolError('chunk outside the request');
  return { start, end: start + length };
}

/** Chunks of a read may come in any order, must not overlap and must leave no gap. */
function checkCoverage(request: Awaited): void {
  const [first] = request.parts;
  if (request.parts.length === 1 && first?.start === 0 && first.end === request.length) return;
  let position = 0;
  for (const part of request.parts.toSorted((a, b) => a.start - b.start)) {
    if (part.start !== position) throw protocolError('chunks of a read overlap or leave a gap');
    position = part.end;
  }
  if (position !== request.length) throw protocolError('the answer to a read is too short');
}
