import type { ByteRange } from './block-device.ts';
import { endOf, rangeBetween } from './ranges.ts';

/**
 * Arithmetic of lists of ranges that are too long to be held: each is read once, from its beginning to its end, and one
 * range of each is known at a time.
 */
export type Ranges = Iterable<ByteRange> | AsyncIterable<ByteRange>;

/** For what is known to be short. */
export async function listOf(ranges: Ranges): Promise<ByteRange[]> {
  const list: ByteRange[] = [];
  for await (const range of ranges) list.push(range);
  return list;
}

/** All ranges of ascending lists, ascending by offset; they may overlap (normalExtents merges them). */
export async function* mergeAscending(lists: readonly Ranges[]): AsyncGenerator<ByteRange> {
  await using stack = new AsyncDisposableStack();
  const heads: Head[] = [];
  for (const list of lists) heads.push(stack.use(await Head.of(list)));
  for (;;) {
    let least: Head | undefined;
    for (const head of heads) {
      if (head.range === undefined) continue;
      if (least?.range === undefined || head.range.offset < least.range.offset) least = head;
    }
    if (least?.range === undefined) return;
    yield least.range;
    await least.next();
  }
}

/** What of the normal list `from` is not in the normal list `without`; normal. */
export async function* subtractAscending(from: Ranges, without: Ranges): AsyncGenerator<ByteRange> {
  await using holes = await Head.of(without);
  for await (const range of from) {
    let position = range.offset;
    await holes.skipTo(position);
    while (holes.range !== undefined && holes.range.offset < endOf(range)) {
      if (holes.range.offset > position) yield rangeBetween(position, holes.range.offset);
      position = endOf(holes.range);
      if (position >= endOf(range)) break;
      await holes.next();
    }
    if (position < endOf(range)) yield rangeBetween(position, endOf(range));
  }
}

/** What two normal lists have in common; normal, but for neighbours that touch where both lists have an edge. */
export async function* intersectAscending(one: Ranges, other: Ranges): AsyncGenerator<ByteRange> {
  await using others = await Head.of(other);
  for await (const range of one) {
    await others.skipTo(range.offset);
    while (others.range !== undefined && others.range.offset < endOf(range)) {
      const end = Math.min(endOf(range), endOf(others.range));
      yield rangeBetween(Math.max(range.offset, others.range.offset), end);
      if (endOf(others.range) > endOf(range)) break;
      await others.next();
    }
  }
}

/** The first range of a list that was not used up. Closes the list. */
class Head implements AsyncDisposable {
  range: ByteRange | undefined;
  readonly #list: Iterator<ByteRange> | AsyncIterator<ByteRange>;

  private constructor(list: Ranges) {
    this.#list = Symbol.asyncIterator in list ? list[Symbol.asyncIterator]() : list[Symbol.iterator]();
  }

  static async of(list: Ranges): Promise<Head> {
    const head = new Head(list);
    await head.next();
    return head;
  }

  async next(): Promise<void> {
    const result = await this.#list.next();
    this.range = result.done === true ? undefined : result.value;
  }

  /** Leaves what ends at or before `position`. */
  async skipTo(position: number): Promise<void> {
    while (this.range !== undefined && endOf(this.range) <= position) await this.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#list.return?.();
  }
}
