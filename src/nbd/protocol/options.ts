import { invariant } from '../../base/invariant.ts';
import { INFO, OPTION, OPTION_MAGIC, OPTION_REPLY_MAGIC, STRING_BYTES_MAX } from './constants.ts';
import { hasMagic, protocolError, readUint64 } from './wire.ts';

/** Option haggling of the fixed newstyle handshake. Source: NBD proto.md, "Option types" and "Option reply types". */

export const OPTION_REPLY_HEADER_BYTES = 20;
/** Answers to options are names, messages and a few numbers; anything longer is an attack or noise. */
const OPTION_REPLY_PAYLOAD_BYTES_MAX = 2 * STRING_BYTES_MAX;

export function encodeOption(option: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(OPTION_MAGIC[0], 0);
  header.writeUInt32BE(OPTION_MAGIC[1], 4);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(payload.length, 12);
  return Buffer.concat([header, payload]);
}

export function encodeExportName(exportName: string): Buffer {
  return encodeOption(OPTION.EXPORT_NAME, nameBytes(exportName));
}

/** GO, asking for the block sizes too: who asks must then obey them. */
export function encodeGo(exportName: string): Buffer {
  const requests = Buffer.alloc(4);
  requests.writeUInt16BE(1, 0);
  requests.writeUInt16BE(INFO.BLOCK_SIZE, 2);
  return encodeOption(OPTION.GO, Buffer.concat([prefixed(nameBytes(exportName)), requests]));
}

export function encodeSetMetaContext(exportName: string, contexts: readonly string[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(contexts.length, 0);
  const queries = contexts.map((name) => prefixed(nameBytes(name)));
  return encodeOption(OPTION.SET_META_CONTEXT, Buffer.concat([prefixed(nameBytes(exportName)), count, ...queries]));
}

export interface OptionReplyHeader {
  readonly type: number;
  readonly payloadBytes: number;
}

/** Header of the reply to `option`; throws nbd.protocol for anything else. */
export function parseOptionReply(header: Buffer, option: number): OptionReplyHeader {
  invariant(header.length === OPTION_REPLY_HEADER_BYTES, 'an option reply header has 20 bytes');
  if (!hasMagic(header, OPTION_REPLY_MAGIC)) throw protocolError('wrong magic in the reply to an option');
  const echoed = header.readUInt32BE(8);
  if (echoed !== option) throw protocolError(`reply to option ${echoed}, but ${option} was sent`);
  const payloadBytes = header.readUInt32BE(16);
  if (payloadBytes > OPTION_REPLY_PAYLOAD_BYTES_MAX) {
    throw protocolError(`reply to an option claims ${payloadBytes} bytes`, { option });
  }
  return { type: header.readUInt32BE(12), payloadBytes };
}

export type Info =
  | { readonly type: 'export'; readonly sizeBytes: number | undefined; readonly flags: number }
  | {
      readonly type: 'block-size';
      readonly minBytes: number;
      readonly preferredBytes: number;
      readonly maxBytes: number;
    }
  | { readonly type: 'other' };

/** Payload of an INFO reply; types that we did not ask for are legal and ignored. */
export function parseInfo(payload: Buffer): Info {
  if (payload.length < 2) throw protocolError('information without a type');
  const type = payload.readUInt16BE(0);
  if (type === INFO.EXPORT) {
    if (payload.length !== 12) throw protocolError(`export information of ${payload.length} bytes`);
    return { type: 'export', sizeBytes: readUint64(payload, 2), flags: payload.readUInt16BE(10) };
  }
  if (type === INFO.BLOCK_SIZE) {
    if (payload.length !== 14) throw protocolError(`block sizes of ${payload.length} bytes`);
    return {
      type: 'block-size',
      minBytes: payload.readUInt32BE(2),
      preferredBytes: payload.readUInt32BE(6),
      maxBytes: payload.readUInt32BE(10),
    };
  }
  return { type: 'other' };
}

/** A context that the server has, and the id that it gives to it on this connection. */
export function parseMetaContext(payload: Buffer): { readonly name: string; readonly id: number } {
  if (payload.length < 4) throw protocolError('a metadata context without an id');
  return { name: payload.toString('utf8', 4), id: payload.readUInt32BE(0) };
}

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length, 0);
  return Buffer.concat([length, bytes]);
}

function nameBytes(name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  invariant(bytes.length <= STRING_BYTES_MAX, 'the name of an export or of a context has at most 4096 bytes');
  return bytes;
}
