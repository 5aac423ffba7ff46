import { invalidRequest } from '../base/errors.ts';
import { openNbdDevice } from '../nbd/device.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import { endOf } from '../transfer/ranges.ts';
import { RateLimit } from '../transfer/rate-limit.ts';
import { diskHashes } from '../transfer/verify/disk-hashes.ts';
import type { HashRecord } from '../transfer/verify/hash-record.ts';
import { HASH_ALGORITHM, type HashLine, type HashQuery } from './contract.ts';
import { whileAllowed } from './while-allowed.ts';

/** A disk beside the data: an export on this machine. */
export interface HashedDisk {
  /** NBD URI. */
  readonly uri: string;
  /** Of the disk; the export may be larger. */
  readonly sizeBytes: number;
  /** Throws when this disk may not, or no longer, be read by who asked: asked before, every moment, and at the end. */
  readonly allowed: () => Promise<void> | void;
}

const CONNECTIONS = 2;

/**
 * The lines of one answer; see contract.ts. What can be refused is refused before the first line.
 *
 * Errors: invalid-request `request.invalid`; those of openNbdDevice and of the device; what `allowed` throws; the reason
 * of `signal`.
 */
export async function* hashLines(disk: HashedDisk, query: HashQuery, signal: AbortSignal): AsyncGenerator<HashLine> {
  const range = rangeOf(disk, query);
  await disk.allowed();
  await using permit = whileAllowed(disk.allowed, signal);
  await using device = await openNbdDevice(disk.uri, {
    connections: CONNECTIONS,
    readOnly: true,
    signal: permit.signal,
  });
  const blockBytes = query.block_bytes;
  yield { kind: 'begin', algorithm: HASH_ALGORITHM, block_bytes: blockBytes, ...range };
  const rate = new RateLimit(query.rate_bytes_per_s);
  for await (const record of diskHashes({ disk: device, range, blockBytes, rate, signal: permit.signal })) {
    yield toLine(record);
  }
  // What was read up to here was read from the right disk.
  await disk.allowed();
  yield { kind: 'end', offset: endOf(range) };
}

function toLine(record: HashRecord): HashLine {
  const { offset, length } = record;
  return record.kind === 'zero'
    ? { kind: 'zero', offset, length }
    : { kind: 'data', offset, length, hash: record.hash };
}

function rangeOf({ sizeBytes }: HashedDisk, query: HashQuery): ByteRange {
  const { offset, length = Math.max(0, sizeBytes - offset) } = query;
  const fault = (path: string, message: string): Error =>
    invalidRequest('request.invalid', `${path} ${message}`, { details: { errors: [{ path, message }] } });
  if (offset % query.block_bytes !== 0) throw fault('offset', `is not a multiple of ${query.block_bytes}`);
  if (offset + length > sizeBytes) throw fault('length', `passes the end of the disk at ${sizeBytes}`);
  return { offset, length };
}
