import { REQUEST_MAGIC, type Command } from './constants.ts';
import { writeUint64 } from './wire.ts';

const REQUEST_BYTES = 28;

/**
 * A cookie is 64 bits that the server hands back. We use two words: the slot of the request in its connection's table,
 * and the slot's generation, so that an answer that comes twice, or late, never meets the slot's next tenant.
 */
export interface Cookie {
  readonly slot: number;
  readonly generation: number;
}

export interface Request extends Cookie {
  readonly command: Command;
  readonly offset: number;
  readonly length: number;
}

/** Header of a request; the payload of a WRITE follows it. Source: NBD proto.md, "Request message". */
export function encodeRequest(request: Request, flags = 0): Buffer {
  const header = Buffer.allocUnsafe(REQUEST_BYTES);
  header.writeUInt32BE(REQUEST_MAGIC, 0);
  header.writeUInt16BE(flags, 4);
  header.writeUInt16BE(request.command, 6);
  header.writeUInt32BE(request.slot, 8);
  header.writeUInt32BE(request.generation, 12);
  writeUint64(header, request.offset, 16);
  header.writeUInt32BE(request.length, 24);
  return header;
}
