import { z } from 'zod';
import { KiB, MiB } from '../base/units.ts';

/**
 * The wire of hashes, the same at the VMA and at the volume daemon: each hashes a disk where it lies, and only hashes
 * travel.
 *
 *     GET /api/v1/source-sessions/{session_id}/disks/{disk_id}/hashes?epoch=&offset=&length=&block_bytes=
 *     GET /api/v1/exports/{volume_id}/hashes?job_id=&epoch=&offset=&length=&block_bytes=
 *
 * The answer is application/x-ndjson: `begin`, then `data` and `zero` in the order of the disk and without gaps, then
 * `end`. Without `end` it is not complete, however it ended; an error in the middle is a line `{"problem": {...}}`.
 * Whoever was cut off asks again from the end of the last line. Empty lines are signs of life.
 */

/** xxh64, seed 0, of the bytes of one block. */
export const HASH_ALGORITHM = 'xxh64';

const BLOCK_BYTES = { min: 64 * KiB, max: 16 * MiB };
export const STANDARD_BLOCK_BYTES = 1 * MiB;

const WholeNumber = z
  .string()
  .regex(/^\d{1,16}$/, 'is a whole number of bytes')
  .transform(Number)
  .refine(Number.isSafeInteger, 'is too large');

/** Of [offset, offset + length) of the disk, in bytes. */
export const HashQuery = z.object({
  epoch: WholeNumber,
  /** A multiple of block_bytes. */
  offset: WholeNumber.default(0),
  /** Ends on the disk, not necessarily at a block: then the last block is shorter. Absent: to the end of the disk. */
  length: WholeNumber.optional(),
  /** A power of two from 64 KiB to 16 MiB; 1 MiB. */
  block_bytes: WholeNumber.refine(isBlockSize, 'is a power of two from 65536 to 16777216').default(
    STANDARD_BLOCK_BYTES,
  ),
  /** Most bytes that are read per second; absent: no limit. */
  rate_bytes_per_s: WholeNumber.optional(),
});
export type HashQuery = z.output<typeof HashQuery>;

function isBlockSize(bytes: number): boolean {
  return bytes >= BLOCK_BYTES.min && bytes <= BLOCK_BYTES.max && Number.isInteger(Math.log2(bytes));
}

const offset = z.int().min(0);
const length = z.int().positive();

export const HashLine = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('begin'),
    algorithm: z.string(),
    block_bytes: z.int().positive(),
    offset,
    length: z.int().min(0),
  }),
  /** One block: 16 hexadecimal digits. */
  z.object({ kind: z.literal('data'), offset, length, hash: z.string().regex(/^[0-9a-f]{16}$/) }),
  /** One block or many that read zero. */
  z.object({ kind: z.literal('zero'), offset, length }),
  /** All of [.., offset) was told. */
  z.object({ kind: z.literal('end'), offset }),
]);
export type HashLine = z.output<typeof HashLine>;
