import { upstream } from '../../base/errors.ts';
import type { ByteRange } from '../block-device.ts';
import { endOf, rangeBetween } from '../ranges.ts';
import { hashText, loadChunkHash } from './chunk-hash.ts';
import type { HashRecord } from './hash-record.ts';

/** The hashes of one disk, with what messages call it. */
export interface HashedSide {
  readonly name: string;
  /** In order and without gaps from the beginning of the compared range to its end; see HashRecord. */
  readonly records: AsyncIterable<HashRecord>;
}

/**
 * Where two disks differ within `range`, in whole blocks: ascending, neighbours merged; nothing when they are equal.
 * Both sides are walked together and one record of each is held, so the result can be the `extents` of a copy that runs
 * meanwhile. The first record of `ours` is awaited before `theirs` is asked for anything.
 *
 * Equal means equal hashes: of blocks that differ, one in 2^64 is taken for equal.
 *
 * Errors: transfer.hashes-cut-off (a side ends before the range does; nothing can be said about the rest),
 * transfer.hashes-differ-in-kind (the blocks of one side are not those of the other); those of the sides and of
 * loadChunkHash. What was
 * yielded before an error does differ.
 */
export async function* differingRanges(
  ours: HashedSide,
  theirs: HashedSide,
  range: ByteRange,
): AsyncGenerator<ByteRange> {
  let held: ByteRange | undefined;
  for await (const piece of differingPieces(ours, theirs, range)) {
    if (held !== undefined && endOf(held) === piece.offset) {
      held = rangeBetween(held.offset, endOf(piece));
      continue;
    }
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held !== undefined) yield held;
}

async function* differingPieces(ours: HashedSide, theirs: HashedSide, range: ByteRange): AsyncGenerator<ByteRange> {
  const left = new Side(ours, range);
  const right = new Side(theirs, range);
  try {
    const hashOfZeros = await loadHashOfZeros();
    let position = range.offset;
    while (position < endOf(range)) {
      const a = await left.at(position);
      const b = await right.at(position);
      const end = endOfPair(a, b, position);
      if (!isEqual(a, b, hashOfZeros)) yield rangeBetween(position, end);
      position = end;
    }
  } finally {
    await Promise.all([left.stop(), right.stop()]);
  }
}

/** One side, walked forward. */
class Side {
  readonly #name: string;
  readonly #records: AsyncIterator<HashRecord>;
  readonly #range: ByteRange;
  #current: HashRecord | undefined;

  constructor(side: HashedSide, range: ByteRange) {
    this.#name = side.name;
    this.#records = side.records[Symbol.asyncIterator]();
    this.#range = range;
  }

  /** The record that holds `position`, which grows from call to call and never beyond the end of the last record. */
  async at(position: number): Promise<HashRecord> {
    if (this.#current !== undefined && endOf(this.#current) > position) return this.#current;
    const next = await this.#records.next();
    if (next.done === true) throw this.#cutOff(position);
    const record = next.value;
    if (record.offset !== position || record.length <= 0 || endOf(record) > endOf(this.#range)) {
      throw otherBlocks(position, `${this.#name} goes on at ${record.offset} with ${record.length} bytes`);
    }
    this.#current = record;
    return record;
  }

  async stop(): Promise<void> {
    // What it fails with now changes nothing: the comparison has its result or its error.
    await this.#records.return?.().catch(() => undefined);
  }

  #cutOff(position: number): Error {
    return upstream('transfer.hashes-cut-off', `the hashes of ${this.#name} end at ${position}, before the disk does`, {
      details: { side: this.#name, offset: position, end: endOf(this.#range) },
      hint: 'nothing is known about the rest: compare again, or copy it',
    });
  }
}

/** Where the pair that holds `position` has been compared to. */
function endOfPair(a: HashRecord, b: HashRecord, position: number): number {
  const end = Math.min(endOf(a), endOf(b));
  const splitsBlock = [a, b].some((one) => one.kind === 'data' && (one.offset !== position || endOf(one) !== end));
  if (!splitsBlock) return end;
  throw otherBlocks(position, `one side has a block of ${a.length} bytes, the other one of ${b.length}`);
}

type HashOfZeros = (lengthBytes: number) => string;

function isEqual(a: HashRecord, b: HashRecord, hashOfZeros: HashOfZeros): boolean {
  if (a.kind === 'zero') return b.kind === 'zero' || b.hash === hashOfZeros(b.length);
  return a.hash === (b.kind === 'zero' ? hashOfZeros(a.length) : b.hash);
}

/** Remembers the last length: all blocks but the last one have the same. */
async function loadHashOfZeros(): Promise<HashOfZeros> {
  const chunkHash = await loadChunkHash();
  let known = { length: 0, hash: hashText(chunkHash(Buffer.alloc(0))) };
  return (length) => {
    if (known.length !== length) known = { length, hash: hashText(chunkHash(Buffer.alloc(length))) };
    return known.hash;
  };
}

function otherBlocks(position: number, reason: string): Error {
  return upstream('transfer.hashes-differ-in-kind', `the hashes of both sides do not fit together: ${reason}`, {
    details: { offset: position },
    hint: 'both sides must hash the same blocks; are all parts of the same version?',
  });
}
