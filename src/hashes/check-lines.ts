import type { ByteRange } from '../transfer/block-device.ts';
import { endOf } from '../transfer/ranges.ts';
import { HASH_ALGORITHM, type HashLine } from './contract.ts';

export interface AskedHashes extends ByteRange {
  readonly blockBytes: number;
}

/**
 * Pure: what is wrong with a line, or undefined. Lines are believed only as far as they prove themselves: one that is
 * skipped, doubled or of another size would leave a block uncompared.
 *
 * @param reached where the lines before ended; undefined before the first
 */
export function lineFault(line: HashLine, asked: AskedHashes, reached: number | undefined): string | undefined {
  if (reached === undefined) return line.kind === 'begin' ? beginFault(line, asked) : 'they do not begin';
  switch (line.kind) {
    case 'begin':
      return 'they begin twice';
    case 'end':
      return line.offset === endOf(asked) && reached === endOf(asked) ? undefined : `they end at ${reached}`;
    case 'data':
    case 'zero':
      return blockFault(line, asked, reached);
  }
}

function beginFault(line: Extract<HashLine, { kind: 'begin' }>, asked: AskedHashes): string | undefined {
  if (line.algorithm !== HASH_ALGORITHM) return `they are ${line.algorithm}, not ${HASH_ALGORITHM}`;
  if (line.block_bytes !== asked.blockBytes) return `they have blocks of ${line.block_bytes} bytes`;
  if (line.offset !== asked.offset || line.length !== asked.length) return `they are of another part of the disk`;
  return undefined;
}

function blockFault(
  line: Extract<HashLine, { kind: 'data' | 'zero' }>,
  asked: AskedHashes,
  reached: number,
): string | undefined {
  const end = endOf(asked);
  if (line.offset !== reached) return `after ${reached} comes ${line.offset}`;
  if (endOf(line) > end) return `the block at ${line.offset} passes the end`;
  const isWhole = line.length % asked.blockBytes === 0 || endOf(line) === end;
  const isOne = line.kind === 'zero' || line.length <= asked.blockBytes;
  return isWhole && isOne ? undefined : `at ${line.offset} are ${line.length} bytes`;
}
