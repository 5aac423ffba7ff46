import { upstream } from '../base/errors.ts';
import type { AreaPage } from './contract.ts';

/**
 * Pages of areas, believed only as far as they prove themselves: a page that is skipped, cut off or doubled would leave
 * changed blocks uncopied under a changeId that claims them.
 */
export interface Area {
  /** Bytes from the start of the disk. */
  readonly offset: number;
  readonly length: number;
}

export interface AreaSource {
  readonly diskId: string;
  readonly capacityBytes: () => Promise<number>;
  /** The first page without a cursor. */
  readonly page: (cursor: string | undefined) => Promise<AreaPage>;
}

/** Far more than any disk has: a million pages of 2000 single blocks are 128 TiB of scattered changes. */
const PAGES_MAX = 1_000_000;

/** All areas of the disk, ascending. @throws upstream `vma.areas-invalid` */
export async function* checkedAreas(source: AreaSource): AsyncGenerator<Area, void, undefined> {
  const capacity = await source.capacityBytes();
  let position = 0;
  let cursor: string | undefined;
  for (let pages = 0; position < capacity; pages += 1) {
    if (pages === PAGES_MAX) throw invalid(source, position, 'there are too many pages');
    const page = await source.page(cursor);
    const reason = pageFault(page, position, capacity);
    if (reason !== undefined) throw invalid(source, position, reason);
    yield* page.areas;
    position = page.to;
    cursor = page.next_cursor ?? undefined;
  }
}

/** Pure: what is wrong with the page that was asked for at `position`, or undefined. */
export function pageFault(page: AreaPage, position: number, capacity: number): string | undefined {
  if (page.from !== position) return `the page begins at ${page.from}`;
  if (page.to <= page.from) return `the page ends at ${page.to}`;
  if (page.to > capacity) return `the page ends at ${page.to}, beyond the disk`;
  if ((page.next_cursor === null) !== (page.to === capacity)) {
    return page.next_cursor === null
      ? `the pages end at ${page.to}, before the disk does`
      : 'the pages go on after the disk';
  }
  let end = page.from;
  for (const area of page.areas) {
    if (area.offset < end) return `the area at ${area.offset} overlaps or is out of order`;
    end = area.offset + area.length;
    if (end > page.to) return `the area at ${area.offset} leaves the page`;
  }
  return undefined;
}

function invalid(source: AreaSource, position: number, reason: string): Error {
  return upstream('vma.areas-invalid', `the changed areas of ${source.diskId} cannot be believed: ${reason}`, {
    details: { disk_id: source.diskId, position },
    hint: 'nothing of this cycle is committed; try again, with a full copy if it stays',
  });
}
