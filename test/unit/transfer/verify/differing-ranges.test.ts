import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ByteRange } from '../../../../src/transfer/block-device.ts';
import { hashText, loadChunkHash } from '../../../../src/transfer/verify/chunk-hash.ts';
import { differingRanges } from '../../../../src/transfer/verify/differing-ranges.ts';
import type { HashRecord } from '../../../../src/transfer/verify/hash-record.ts';
import { normalise, rangeBetween } from '../../../../src/transfer/ranges.ts';

const BLOCK = 4096;

let hashOfZeros: (length: number) => string;
beforeAll(async () => {
  const hash = await loadChunkHash();
  hashOfZeros = (length) => hashText(hash(Buffer.alloc(length)));
});

// Asynchronous as the streams of two daemons are; records that are at hand leave nothing to await.
// eslint-disable-next-line @typescript-eslint/require-await
async function* stream(records: readonly HashRecord[], onReturn: () => void = () => undefined) {
  try {
    yield* records;
  } finally {
    onReturn();
  }
}

async function compare(a: readonly HashRecord[], b: readonly HashRecord[], range: ByteRange): Promise<ByteRange[]> {
  const found: ByteRange[] = [];
  const sides = [
    { name: 'left', records: stream(a) },
    { name: 'right', records: stream(b) },
  ] as const;
  for await (const one of differingRanges(...sides, range)) found.push(one);
  return found;
}

/** Blocks are letters; `z` reads zero and is told in a run, `Z` in a record of its own, `0` by the hash of zeros. */
function recordsOf(blocks: string, end: number, from = 0): HashRecord[] {
  const records: HashRecord[] = [];
  [...blocks].forEach((letter, index) => {
    const block = rangeBetween(from + index * BLOCK, Math.min(end, from + (index + 1) * BLOCK));
    const last = records.at(-1);
    if (letter === 'z' && last?.kind === 'zero' && blocks[index - 1] === 'z') {
      records[records.length - 1] = { kind: 'zero', offset: last.offset, length: last.length + block.length };
    } else if (letter === 'z' || letter === 'Z') records.push({ ...block, kind: 'zero' });
    else {
      const hash = letter === '0' ? hashOfZeros(block.length) : letter.repeat(16);
      records.push({ ...block, kind: 'data', hash });
    }
  });
  return records;
}

const isZero = (letter: string | undefined): boolean => letter !== undefined && 'zZ0'.includes(letter);

const pairs = fc.record({
  blocks: fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'z', 'Z', '0'), fc.constantFrom('same', 'same', 'a', 'b', 'z', 'Z', '0')),
    { minLength: 1, maxLength: 40 },
  ),
  lastBytes: fc.integer({ min: 1, max: BLOCK }),
  fromBlock: fc.nat(5),
});

describe('what differs between two disks', () => {
  test('is each block whose bytes differ, merged, whatever shape the zeros come in', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ({ blocks, lastBytes, fromBlock }) => {
        const from = fromBlock * BLOCK;
        const end = from + (blocks.length - 1) * BLOCK + lastBytes;
        const left = blocks.map(([letter]) => letter).join('');
        const right = blocks.map(([letter, other]) => (other === 'same' ? letter : other)).join('');
        const expected = normalise(
          [...left].flatMap((letter, index) => {
            const other = right[index];
            const isSame = letter === other || (isZero(letter) && isZero(other));
            const start = from + index * BLOCK;
            return isSame ? [] : [rangeBetween(start, Math.min(end, start + BLOCK))];
          }),
        );
        const range = rangeBetween(from, end);
        expect(await compare(recordsOf(left, end, from), recordsOf(right, end, from), range)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('is nothing for a disk without bytes', async () => {
    expect(await compare([], [], { offset: 0, length: 0 })).toEqual([]);
  });

  test.each([
    ['both', 'aab', 'aab'],
    ['the first', 'aab', 'aabbb'],
    ['the second', 'aabbb', 'aab'],
    ['the second, at a run of zeros,', 'zzzzz', 'zzz'],
  ])('is not known when %s ends too early', async (_which, left, right) => {
    const end = 5 * BLOCK;
    const found = compare(recordsOf(left, end), recordsOf(right, end), { offset: 0, length: end });
    await expect(found).rejects.toMatchObject({ code: 'transfer.hashes-cut-off' });
  });

  test.each<[string, HashRecord]>([
    ['a block that is larger', { kind: 'data', offset: 0, length: 2 * BLOCK, hash: 'a'.repeat(16) }],
    ['a block that is smaller', { kind: 'data', offset: 0, length: 512, hash: 'a'.repeat(16) }],
    ['zeros that end inside a block', { kind: 'zero', offset: 0, length: 512 }],
    ['a gap', { kind: 'zero', offset: BLOCK, length: BLOCK }],
    ['an empty record', { kind: 'zero', offset: 0, length: 0 }],
    ['more than the disk', { kind: 'zero', offset: 0, length: 20 * BLOCK }],
  ])('is not guessed from %s', async (_what, record) => {
    const found = compare(recordsOf('aaa', 3 * BLOCK), [record], { offset: 0, length: 3 * BLOCK });
    await expect(found).rejects.toMatchObject({ code: 'transfer.hashes-differ-in-kind' });
  });

  test('lets go of both sides when nobody wants more, and when one fails', async () => {
    const returned: string[] = [];
    const side = (name: string, blocks: string) => ({
      name,
      records: stream(recordsOf(blocks, 9 * BLOCK), () => returned.push(name)),
    });
    for await (const _range of differingRanges(side('a', 'ababababa'), side('b', 'aaaaaaaaa'), {
      offset: 0,
      length: 9 * BLOCK,
    })) {
      break;
    }
    expect(returned).toEqual(['a', 'b']);
    const failing = differingRanges(side('c', 'aa'), side('d', 'aaa'), { offset: 0, length: 3 * BLOCK });
    await expect(failing.next()).rejects.toMatchObject({ code: 'transfer.hashes-cut-off' });
    expect(returned.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });
});
