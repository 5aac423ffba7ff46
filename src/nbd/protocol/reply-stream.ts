import { invariant } from '../../base/invariant.ts';
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
/** The offset before the bytes of a data chunk. */
const PLACE_BYTES = 8;
const HOLE_BODY_BYTES = 12;

/** What the bytes on their way into `#into` are: a part of an answer to a read, where that part lies, or another body. */
type Filling = 'data' | 'place' | 'body';

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
  // What is under way. Fields and not an object of its own: a payload comes in a dozen reads, thousands of times a second.
  #header: ReplyHeader | undefined;
  #request: Awaited | undefined;
  #filling: Filling | undefined;
  /** Bytes [#at, #until) of it are still to come. */
  #into: Buffer;
  #at = 0;
  #until = 0;
  /** Of the request's bytes: where the data under way begins. */
  #dataStart = 0;

  constructor(sink: ReplySink, options: { hasStructured: boolean }) {
    this.#sink = sink;
    this.#hasStructured = options.hasStructured;
    this.#into = this.#body;
  }

  /** Never empty. Valid until the next call of `advance`. */
  room(): Buffer {
    return this.#filling === undefined ? this.#scratch.subarray(this.#end) : this.#into.subarray(this.#at, this.#until);
  }

  /** `bytes` were put at the start of the last `room`. */
  advance(bytes: number): void {
    if (this.#filling === undefined) {
      this.#end += bytes;
    } else {
      this.#at += bytes;
      if (this.#at < this.#until) return;
    }
    while (this.#filling === undefined ? this.#takeHeader() : this.#fill());
    if (this.#start === 0) return;
    this.#scratch.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** False: the scratch does not hold all of the next header yet. */
  #takeHeader(): boolean {
    const header = parseReplyHeader(this.#scratch, this.#start, this.#end);
    if (header === undefined) return false;
    this.#start += header.isChunk ? CHUNK_HEADER_BYTES : SIMPLE_REPLY_BYTES;
    const { slot, generation } = header;
    const request = this.#sink.find(header);
    if (request === undefined) throw protocolError('reply to a request that is not in flight', { slot, generation });
    this.#header = header;
    this.#request = request;
    if (header.isChunk) this.#beginChunk(header, request);
    else this.#beginSimple(header, request);
    return true;
  }

  /** Moves what the scratch has; true when what was under way is complete. */
  #fill(): boolean {
    const bytes = Math.min(this.#end - this.#start, this.#until - this.#at);
    if (bytes > 0) {
      this.#scratch.copy(this.#into, this.#at, this.#start, this.#start + bytes);
      this.#start += bytes;
      this.#at += bytes;
    }
    if (this.#at < this.#until) return false;
    this.#filled();
    return true;
  }

  #filled(): void {
    const filling = this.#filling;
    const header = this.#header;
    const request = this.#request;
    invariant(header !== undefined && request !== undefined, 'what is filled belongs to a request');
    this.#filling = undefined;
    if (filling === 'place') {
      const offset = readUint64(this.#body, 0);
      if (offset === undefined) throw protocolError('data chunk outside the request');
      this.#expectData(request, partOf(request, offset, header.bodyBytes - PLACE_BYTES));
      return;
    }
    if (filling === 'data') request.parts.push({ start: this.#dataStart, end: this.#until });
    else takeBody(header.type, request, this.#body.subarray(0, this.#until));
    if (header.isLast) this.#complete(header, request);
  }

  #beginSimple(header: ReplyHeader, request: Awaited): void {
    if (header.errno !== 0) {
      request.error = { errno: header.errno, message: '' };
    } else if (request.command === COMMAND.READ) {
      if (this.#hasStructured) throw protocolError('simple reply to a read after structured replies were agreed');
      this.#expectData(request, { start: 0, end: request.length });
      return;
    } else if (request.command === COMMAND.BLOCK_STATUS) {
      throw protocolError('simple reply to a block status');
    }
    this.#complete(header, request);
  }

  #beginChunk(header: ReplyHeader, request: Awaited): void {
    if (!this.#hasStructured) throw protocolError('structured reply that was not agreed');
    const { type, bodyBytes, isLast } = header;
    if (type === CHUNK.NONE) {
      if (bodyBytes !== 0 || !isLast) throw protocolError('malformed empty chunk');
      this.#complete(header, request);
    } else if (type === CHUNK.OFFSET_DATA && request.command === COMMAND.READ) {
      const dataBytes = bodyBytes - PLACE_BYTES;
      if (dataBytes < 1 || dataBytes > request.length) throw protocolError(`data chunk of ${bodyBytes} bytes`);
      this.#expectBody('place', PLACE_BYTES, PLACE_BYTES);
    } else if (type === CHUNK.OFFSET_HOLE && request.command === COMMAND.READ) {
      this.#expectBody('body', bodyBytes, HOLE_BODY_BYTES);
    } else if (type === CHUNK.BLOCK_STATUS && request.command === COMMAND.BLOCK_STATUS) {
      this.#expectBody('body', bodyBytes, STATUS_BODY_BYTES_MAX);
    } else if ((type & CHUNK_ERROR_BIT) !== 0) {
      this.#expectBody('body', bodyBytes, ERROR_BODY_BYTES_MAX);
    } else {
      throw protocolError(`chunk of type ${type} in the answer to command ${request.command}`);
    }
  }

  #expectData(request: Awaited, part: Part): void {
    if (request.into === undefined) throw protocolError('data that nobody asked for');
    this.#filling = 'data';
    this.#into = request.into;
    this.#at = part.start;
    this.#until = part.end;
    this.#dataStart = part.start;
  }

  #expectBody(filling: Filling, bytes: number, bytesMax: number): void {
    if (bytes > bytesMax || bytes === 0) throw protocolError(`chunk claims ${bytes} bytes`);
    if (this.#body.length < bytes) this.#body = Buffer.allocUnsafeSlow(bytes);
    this.#filling = filling;
    this.#into = this.#body;
    this.#at = 0;
    this.#until = bytes;
  }

  #complete(cookie: Cookie, request: Awaited): void {
    if (request.error === undefined) {
      if (request.command === COMMAND.READ) checkCoverage(request);
      if (request.command === COMMAND.BLOCK_STATUS && request.statuses.length === 0) {
        throw protocolError('answer to a block status without one');
      }
    }
    this.#sink.complete(request, cookie);
  }
}

/** The body of a chunk that is not data. */
function takeBody(type: number, request: Awaited, body: Buffer): void {
  if (type === CHUNK.OFFSET_HOLE) {
    const hole = parseHoleChunk(body);
    const part = partOf(request, hole.offset, hole.length);
    request.into?.fill(0, part.start, part.end);
    request.parts.push(part);
  } else if (type === CHUNK.BLOCK_STATUS) {
    if (request.statuses.length >= CONTEXTS_MAX) throw protocolError('endless block statuses');
    request.statuses.push(parseStatusChunk(body));
  } else {
    request.error ??= parseErrorChunk(body);
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
