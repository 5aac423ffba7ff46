import { type AppError, upstream } from '../../base/errors.ts';
import { invariant } from '../../base/invariant.ts';

/** Part of a disk that was written, in bytes; ascending, and none touching the next, where a stream of them is meant. */
export interface ChangedArea {
  readonly offset: number;
  readonly length: number;
}

/**
 * One answer of QueryChangedDiskAreas: it speaks of [startOffset, startOffset + length) and of nothing else. Source:
 * vSphere API, DiskChangeInfo.
 */
export interface AreaAnswer {
  readonly startOffset: number;
  readonly length: number;
  readonly changedArea: readonly { readonly start: number; readonly length: number }[];
}

export interface AskedDisk {
  /** For messages. */
  readonly diskId: string;
  /** Of the disk in the snapshot that is asked about. */
  readonly capacityBytes: number;
}

const SECTOR_BYTES = 512;
/** A disk of 62 TiB, every second block of 64 KiB changed, is 260,000 answers of 2000 areas. */
const ANSWERS_MAX = 1_000_000;

/**
 * Which offset is asked next, and what of the answer is believed. An answer that breaks a rule is refused whole, and
 * with it all that was asked under the same changeId: an area that is skipped, cut off or misplaced would leave changed
 * blocks uncopied under a changeId that claims them. An answer without areas is an answer like any other; the end is
 * reached at the capacity and nowhere before. vSphere fails when it is asked at the capacity.
 *
 * Errors, all upstream: cbt.areas-misplaced (about another place), cbt.areas-stuck (no progress), cbt.areas-outside (of
 * the disk or of what the answer speaks of), cbt.areas-disordered (overlapping or going back), cbt.areas-not-a-range
 * (negative, empty, or beyond exact numbers), cbt.areas-unaligned (not whole sectors), cbt.areas-endless.
 */
export class AreaPages {
  readonly #disk: AskedDisk;
  readonly #answersMax: number;
  #position: number;
  #answers = 0;

  /** `from`: where the questions begin, for one who was answered up to there; a whole sector within the disk. */
  constructor(disk: AskedDisk, options: { readonly answersMax?: number; readonly from?: number } = {}) {
    const { answersMax = ANSWERS_MAX, from = 0 } = options;
    invariant(from === 0 || isBorder(from, disk), 'areas of a disk are asked for from a sector of it on');
    this.#disk = disk;
    this.#answersMax = answersMax;
    this.#position = from;
  }

  /** The offset to ask with; undefined when the whole disk was answered for. */
  get next(): number | undefined {
    return this.#position < this.#disk.capacityBytes ? this.#position : undefined;
  }

  /** The areas of the answer to `next`. */
  take(answer: AreaAnswer): readonly ChangedArea[] {
    invariant(this.next !== undefined, 'an answer after the end of a disk');
    this.#answers += 1;
    if (this.#answers > this.#answersMax) throw this.#refusal('endless', `there are more than ${this.#answersMax}`);
    const end = this.#endOfAnswer(answer);
    let position = this.#position;
    const areas = answer.changedArea.map(({ start, length }) => {
      if (!isRange(start, length)) throw this.#refusal('not-a-range', `area ${start} with length ${length}`);
      if (start < this.#position || start + length > end)
        throw this.#refusal('outside', `area ${start} to ${start + length}`);
      if (start < position) throw this.#refusal('disordered', `area ${start} begins before ${position}`);
      this.#requireSectors(start, start + length);
      position = start + length;
      return { offset: start, length };
    });
    this.#position = end;
    return areas;
  }

  #endOfAnswer({ startOffset, length }: AreaAnswer): number {
    if (startOffset !== this.#position) throw this.#refusal('misplaced', `it is about ${startOffset}`);
    if (length <= 0) throw this.#refusal('stuck', `its length is ${length}`);
    if (!isRange(startOffset, length)) throw this.#refusal('not-a-range', `its length is ${length}`);
    const end = startOffset + length;
    if (end > this.#disk.capacityBytes) throw this.#refusal('outside', `it ends at ${end}`);
    this.#requireSectors(startOffset, end);
    return end;
  }

  #requireSectors(start: number, end: number): void {
    const isWhole = start % SECTOR_BYTES === 0 && (end % SECTOR_BYTES === 0 || end === this.#disk.capacityBytes);
    if (!isWhole) throw this.#refusal('unaligned', `${start} to ${end}`);
  }

  #refusal(what: string, found: string): AppError {
    const { diskId, capacityBytes } = this.#disk;
    return upstream(
      `cbt.areas-${what}`,
      `vSphere's changed areas of ${diskId} from ${this.#position} on cannot be believed: ${found}`,
      {
        details: { diskId, position: this.#position, capacityBytes },
        hint: 'nothing of them counts; the disk is compared by hash, or copied in full',
      },
    );
  }
}

/** Whether changed areas can be asked for from this offset on. */
function isBorder(offset: number, disk: AskedDisk): boolean {
  return Number.isSafeInteger(offset) && offset >= 0 && offset < disk.capacityBytes && offset % SECTOR_BYTES === 0;
}

function isRange(start: number, length: number): boolean {
  return Number.isSafeInteger(start) && start >= 0 && length > 0 && Number.isSafeInteger(start + length);
}

/**
 * All changed areas of a disk, merged, as extents of a copy: complete when the iteration ends by itself. One answer is
 * held at a time. `ask` puts one question to vSphere, and is asked again only when the areas before it were taken.
 * @throws what AreaPages and `ask` throw
 */
export async function* changedAreas(
  disk: AskedDisk,
  ask: (startOffset: number) => Promise<AreaAnswer>,
): AsyncGenerator<ChangedArea, void, undefined> {
  const pages = new AreaPages(disk);
  let held: ChangedArea | undefined;
  for (let next = pages.next; next !== undefined; next = pages.next) {
    for (const area of pages.take(await ask(next))) {
      const merged = held === undefined ? area : joined(held, area);
      if (held !== undefined && merged === undefined) yield held;
      held = merged ?? area;
    }
  }
  if (held !== undefined) yield held;
}

/** Undefined when they do not touch. */
function joined(first: ChangedArea, second: ChangedArea): ChangedArea | undefined {
  if (first.offset + first.length !== second.offset) return undefined;
  return { offset: first.offset, length: first.length + second.length };
}
