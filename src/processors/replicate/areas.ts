import type { ByteRange } from '../../transfer/block-device.ts';

/** What is ahead: how many areas with how many bytes. One pass over the pages, nothing kept. */
export async function measureAreas(areas: AsyncIterable<ByteRange>): Promise<{ count: number; bytes: number }> {
  let count = 0;
  let bytes = 0;
  for await (const area of areas) {
    count += 1;
    bytes += area.length;
  }
  return { count, bytes };
}
