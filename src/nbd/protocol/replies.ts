import { CHUNK_FLAG_DONE, EXTENTS_MAX, SIMPLE_REPLY_MAGIC, STRUCTURED_REPLY_MAGIC } from './constants.ts';
import type { Cookie } from './requests.ts';
import { protocolError, readUint64 } from './wire.ts';

/** Headers and small bodies of replies. Source: NBD proto.md, "Simple reply message", "Structured reply chunk message". */

export const SIMPLE_REPLY_BYTES = 16;
export const CHUNK_HEADER_BYTES = 20;

export interface ReplyHeader extends Cookie {
  readonly isChunk: boolean;
  /** Of a simple reply. */
  readonly errno: number;
  /** Of a chunk. */
  readonly isLast: boolean;
  readonly type: number;
  readonly bodyBytes: number;
}

/**
 * The reply header at `at`; undefined when [at, end) does not hold all of it yet. Simple replies and chunks may alternate
 * on one connection. Throws nbd.protocol for another magic: the position in the stream is lost.
 */
export function parseReplyHeader(buffer: Buffer, at: number, end: number): ReplyHeader | undefined {
  if (end - at < SIMPLE_REPLY_BYTES) return undefined;
  const magic = buffer.readUInt32BE(at);
  if (magic === SIMPLE_REPLY_MAGIC) {
    return {
      slot: buffer.readUInt32BE(at + 8),
      generation: buffer.readUInt32BE(at + 12),
      isChunk: false,
      errno: buffer.readUInt32BE(at + 4),
      isLast: true,
      type: 0,
      bodyBytes: 0,
    };
  }
  if (magic !== STRUCTURED_REPLY_MAGIC) throw protocolError(`reply magic 0x${magic.toString(16)}`);
  if (end - at < CHUNK_HEADER_BYTES) return undefined;
  return {
    slot: buffer.readUInt32BE(at + 8),
    generation: buffer.readUInt32BE(at + 12),
    isChunk: true,
    errno: 0,
    isLast: (buffer.readUInt16BE(at + 4) & CHUNK_FLAG_DONE) !== 0,
    type: buffer.readUInt16BE(at + 6),
    bodyBytes: buffer.readUInt32BE(at + 16),
  };
}

export interface ErrorChunk {
  readonly errno: number;
  readonly message: string;
}

/** Body of any error chunk: number, message, and for ERROR_OFFSET an offset that we do not need. */
export function parseErrorChunk(body: Buffer): ErrorChunk {
  if (body.length < 6) throw protocolError(`error chunk of ${body.length} bytes`);
  const messageBytes = body.readUInt16BE(4);
  if (6 + messageBytes > body.length) throw protocolError('message of an error chunk is longer than the chunk');
  const errno = body.readUInt32BE(0);
  if (errno === 0) throw protocolError('error chunk without an error');
  return { errno, message: body.toString('utf8', 6, 6 + messageBytes).trim() };
}

export interface HoleChunk {
  readonly offset: number;
  readonly length: number;
}

export function parseHoleChunk(body: Buffer): HoleChunk {
  const offset = body.length === 12 ? readUint64(body, 0) : undefined;
  if (offset === undefined) throw protocolError('malformed hole chunk');
  return { offset, length: body.readUInt32BE(8) };
}

/** Extents of a BLOCK_STATUS chunk, in order, from the asked offset on. What the flags mean is up to the context. */
export interface StatusChunk {
  readonly contextId: number;
  readonly extents: readonly { readonly length: number; readonly flags: number }[];
}

export const STATUS_BODY_BYTES_MAX = 4 + 8 * EXTENTS_MAX;

/** Neighbours with the same flags come merged, so that a server that splits finely does not cost memory. */
export function parseStatusChunk(body: Buffer): StatusChunk {
  if (body.length < 12 || (body.length - 4) % 8 !== 0) throw protocolError(`block status of ${body.length} bytes`);
  const extents: { length: number; flags: number }[] = [];
  for (let at = 4; at < body.length; at += 8) {
    const length = body.readUInt32BE(at);
    if (length === 0) throw protocolError('block status with an empty extent');
    const flags = body.readUInt32BE(at + 4);
    const last = extents.at(-1);
    if (last?.flags === flags) last.length += length;
    else extents.push({ length, flags });
  }
  return { contextId: body.readUInt32BE(0), extents };
}
