import type { AreaPage } from '../contract.ts';
import { BLOCK_BYTES, blockCount, ENTRY_BYTES, type IndexReader } from './block-index.ts';

/** What changed between two indexes, page by page. Pure arithmetic over what the readers deliver. */

const AREAS_PER_PAGE = 2000;
/** One page looks at no more than this (128 GiB of disk), so that an answer comes soon also where nothing changed. */
const BLOCKS_PER_PAGE = 2 * 1024 * 1024;
const BLOCKS_PER_READ = 64 * 1024;
/** Equal stretches are skipped in steps of this many entries. */
const BLOCKS_PER_COMPARE = 256;

/**
 * The page that starts at `fromBytes`. Without `base` everything that does not read zero counts as changed. The caller
 * has checked that both indexes are of one capacity and that `fromBytes` is a block border inside it.
 */
export async function areaPage(
  index: IndexReader,
  base: IndexReader | undefined,
  fromBytes: number,
): Promise<AreaPage> {
  const capacity = index.header.capacity_bytes;
  const first = fromBytes / BLOCK_BYTES;
  const end = Math.min(blockCount(capacity), first + BLOCKS_PER_PAGE);
  const areas: AreaPage['areas'] = [];
  let next = first;
  while (next < end) {
    const count = Math.min(BLOCKS_PER_READ, end - next);
    const now = await index.entries(next, count);
    const then = base === undefined ? Buffer.alloc(now.length) : await base.entries(next, count);
    const seen = compare({ now, then, first: next, capacity }, areas);
    next += seen;
    if (seen < count) break;
  }
  const to = Math.min(next * BLOCK_BYTES, capacity);
  return { from: fromBytes, to, areas, next_cursor: to === capacity ? null : String(to) };
}

/** Adds what differs to `areas` and tells how many entries it looked at: fewer than given when the page is full. */
function compare(
  part: { now: Buffer; then: Buffer; first: number; capacity: number },
  areas: AreaPage['areas'],
): number {
  const count = part.now.length / ENTRY_BYTES;
  for (let at = 0; at < count; at += BLOCKS_PER_COMPARE) {
    const step = Math.min(BLOCKS_PER_COMPARE, count - at);
    if (same(part, at, step)) continue;
    for (let block = at; block < at + step; block += 1) {
      if (!same(part, block, 1) && !addBlock(areas, part.first + block, part.capacity)) return block;
    }
  }
  return count;
}

function same(part: { now: Buffer; then: Buffer }, first: number, count: number): boolean {
  const [start, end] = [first * ENTRY_BYTES, (first + count) * ENTRY_BYTES];
  return part.now.compare(part.then, start, end, start, end) === 0;
}

/** False when the block needs an area of its own and the page has no room for it. */
function addBlock(areas: AreaPage['areas'], block: number, capacity: number): boolean {
  const offset = block * BLOCK_BYTES;
  const length = Math.min(BLOCK_BYTES, capacity - offset);
  const last = areas.at(-1);
  if (last !== undefined && last.offset + last.length === offset) {
    last.length += length;
    return true;
  }
  if (areas.length === AREAS_PER_PAGE) return false;
  areas.push({ offset, length });
  return true;
}
