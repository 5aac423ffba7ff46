/**
 * Brings rows of an auto-increment table into the order of their ids although they become visible out of that order.
 *
 * A number is given out when a row is inserted and the row is seen when its transaction commits, so 8 may be seen before
 * 7; and a transaction that is rolled back leaves a hole for ever. A hole is waited for, for a bounded time after a
 * higher id was first seen; then it is taken for a rolled back one. Whatever becomes visible within the bound is
 * delivered exactly once and in order. Pure: the caller asks the database and brings the time.
 */

interface Numbered {
  readonly id: number;
}

/** The largest id that had been seen at a moment; both grow along the list. */
interface Mark {
  readonly id: number;
  readonly atMs: number;
}

export class IdOrder {
  readonly #holeWaitMs: number;
  #position: number;
  #marks: Mark[] = [];

  /** @param position everything up to this id is done with */
  constructor(position: number, holeWaitMs: number) {
    this.#position = position;
    this.#holeWaitMs = holeWaitMs;
  }

  /** Every row up to this id was delivered, or does not exist, or came too late. */
  get position(): number {
    return this.#position;
  }

  /**
   * Takes what the database shows after `position`, ascending, and returns the part that may be delivered now.
   * @param askedAtMs before the question was sent
   * @param answeredAtMs after the answer came; monotonic like the other one
   */
  take<R extends Numbered>(rows: readonly R[], askedAtMs: number, answeredAtMs: number): readonly R[] {
    const last = rows.at(-1);
    if (last === undefined) return rows;
    if (last.id > (this.#marks.at(-1)?.id ?? this.#position)) this.#marks.push({ id: last.id, atMs: answeredAtMs });
    let delivered = 0;
    for (const row of rows) {
      const isNext = row.id === this.#position + 1;
      if (!isNext && askedAtMs - this.#firstSeenMs(row.id) < this.#holeWaitMs) break;
      this.#position = row.id;
      delivered += 1;
    }
    this.#marks = this.#marks.filter((mark) => mark.id > this.#position);
    return delivered === rows.length ? rows : rows.slice(0, delivered);
  }

  /** Since when it is known that something was written after the hole right below this id. */
  #firstSeenMs(id: number): number {
    return this.#marks.find((mark) => mark.id >= id)?.atMs ?? Number.POSITIVE_INFINITY;
  }
}
