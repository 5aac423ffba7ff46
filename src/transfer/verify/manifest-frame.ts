import { MiB } from '../../base/units.ts';
import type { ByteRange } from '../block-device.ts';
import type { ChunkHash } from './chunk-hash.ts';

/** What was read from the source: a chunk of data and its hash, or a range of zeros of any length. */
export type ManifestRecord =
  (ByteRange & { readonly kind: 'data'; readonly hash: bigint }) | (ByteRange & { readonly kind: 'zero' });

/**
 * A frame of a manifest file, little endian: check (8 bytes: hash of all that follows), magic (4), kind (4), number of
 * records (4), 0 (4), records. A record: offset and length as doubles (exact for every disk there is), and for data the
 * hash (8).
 */
export const FRAME_HEAD_BYTES = 24;
export const FRAME_RECORDS_MAX = 16_384;
/** No chunk is larger: see the engine's slabs. */
const CHUNK_BYTES_MAX = 64 * MiB;

const MAGIC = 0x464d4b4d;
const KINDS = { data: { code: 1, bytes: 24 }, zero: { code: 2, bytes: 16 } } as const;

/** Records of one kind, at most FRAME_RECORDS_MAX, as a frame. */
export function encodeFrame(kind: ManifestRecord['kind'], records: readonly ManifestRecord[], hash: ChunkHash): Buffer {
  const { code, bytes } = KINDS[kind];
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + records.length * bytes);
  frame.writeUInt32LE(MAGIC, 8);
  frame.writeUInt32LE(code, 12);
  frame.writeUInt32LE(records.length, 16);
  let at = FRAME_HEAD_BYTES;
  for (const record of records) {
    frame.writeDoubleLE(record.offset, at);
    frame.writeDoubleLE(record.length, at + 8);
    if (record.kind === 'data') frame.writeBigUInt64LE(record.hash, at + 16);
    at += bytes;
  }
  frame.writeBigUInt64LE(hash(frame.subarray(8)), 0);
  return frame;
}

/** Bytes of the records behind this head; undefined when it is none. */
export function bodyBytes(head: Buffer): number | undefined {
  const kind = kindOf(head);
  const count = head.readUInt32LE(16);
  if (kind === undefined || head.readUInt32LE(8) !== MAGIC || count > FRAME_RECORDS_MAX) return undefined;
  return count * KINDS[kind].bytes;
}

/** The records of a whole frame; undefined when it is not what was written, or speaks of what no such disk has. */
export function decodeFrame(
  frame: Buffer,
  disk: { lengthBytes: number; hash: ChunkHash },
): ManifestRecord[] | undefined {
  const kind = kindOf(frame);
  if (kind === undefined || frame.readBigUInt64LE(0) !== disk.hash(frame.subarray(8))) return undefined;
  const records: ManifestRecord[] = [];
  for (let at = FRAME_HEAD_BYTES; at < frame.length; at += KINDS[kind].bytes) {
    const [offset, length] = [frame.readDoubleLE(at), frame.readDoubleLE(at + 8)];
    const lengthMax = Math.min(disk.lengthBytes - offset, kind === 'data' ? CHUNK_BYTES_MAX : Infinity);
    if (!(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length > 0)) return undefined;
    if (length > lengthMax) return undefined;
    records.push(
      kind === 'zero' ? { kind, offset, length } : { kind, offset, length, hash: frame.readBigUInt64LE(at + 16) },
    );
  }
  return records;
}

function kindOf(head: Buffer): ManifestRecord['kind'] | undefined {
  const code = head.readUInt32LE(12);
  if (code === KINDS.data.code) return 'data';
  return code === KINDS.zero.code ? 'zero' : undefined;
}
