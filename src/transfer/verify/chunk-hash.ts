import { precondition } from '../../base/errors.ts';

/**
 * XXH64, seed 0, of all of `bytes`. Finds what went wrong by itself; it is no protection against somebody who wants to
 * deceive. Does not keep `bytes`.
 */
export type ChunkHash = (bytes: Uint8Array) => bigint;

/**
 * Loads the native library, once per process: whoever hashes nothing pays nothing. The hash takes about 0.1 ms per MiB.
 * Errors: transfer.hash-unavailable (the package has no binary for this machine).
 */
export async function loadChunkHash(): Promise<ChunkHash> {
  try {
    const { xxh64 } = await import('@node-rs/xxhash');
    return (bytes) => xxh64(bytes);
  } catch (cause) {
    throw precondition('transfer.hash-unavailable', 'the library of fast hashes does not load on this machine', {
      hint: 'run npm install again on this machine, or do without verification',
      cause,
    });
  }
}

/** As logs, JSON and the database show a hash: 16 hexadecimal digits. */
export function hashText(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}
