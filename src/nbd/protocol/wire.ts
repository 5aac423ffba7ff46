import type { AppError } from '../../base/errors.ts';
import { upstream } from '../../base/errors.ts';

/**
 * 64-bit numbers at the border of the codec. Offsets and sizes are plain numbers inside: exact up to 2^53 - 1 bytes
 * (8 PiB). No BigInt: these run for every request.
 */
const WORD = 0x1_0000_0000;

export function writeUint64(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32BE(Math.floor(value / WORD), at);
  buffer.writeUInt32BE(value % WORD, at + 4);
}

/** Undefined when the number is too large to be exact. */
export function readUint64(buffer: Buffer, at: number): number | undefined {
  const value = buffer.readUInt32BE(at) * WORD + buffer.readUInt32BE(at + 4);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function hasMagic(buffer: Buffer, magic: readonly [number, number], at = 0): boolean {
  return buffer.readUInt32BE(at) === magic[0] && buffer.readUInt32BE(at + 4) === magic[1];
}

/** The server broke the protocol: nothing it says on this connection can be trusted any more. */
export function protocolError(what: string, details: Readonly<Record<string, unknown>> = {}): AppError {
  return upstream('nbd.protocol', `the NBD server broke the protocol: ${what}`, {
    hint: 'check that the address is that of an NBD server, and its version',
    details,
  });
}
