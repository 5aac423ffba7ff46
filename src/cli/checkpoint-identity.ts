import type { ByteRange } from '../transfer/block-device.ts';
import { normalExtents } from '../transfer/extent-stream.ts';
import { listOf, mergeAscending, subtractAscending, type Ranges } from '../transfer/range-streams.ts';
import { normalise } from '../transfer/ranges.ts';
import { foreign } from './checkpoint-errors.ts';
import { readDone, readExtents, readHeader, type CheckpointHeader } from './checkpoint-text.ts';
import type { CopyExtents } from './extents-digest.ts';

/** A copy, as far as its checkpoint depends on it. */
export interface CheckpointedCopy {
  readonly lengthBytes: number;
  readonly targetBytes: number;
  /** Least common block of both sides: a block of which one byte changed is not done. */
  readonly blockBytes: number;
  readonly outside: 'leave' | 'zero';
  /** Undefined: the whole disk. */
  readonly extents: CopyExtents | undefined;
  /** Name of the state that the source has; undefined: it has only one. */
  readonly snapshot: string | undefined;
  readonly changed: ChangedSince | undefined;
}

export interface ChangedSince {
  /** Every byte in which `snapshot` may differ from `since` lies in these areas. */
  readonly areas: CopyExtents;
  readonly since: string;
}

/** What earlier runs of a copy left, as it counts for this one. */
export interface Begun {
  readonly header: CheckpointHeader;
  readonly isResumed: boolean;
  readonly done: readonly ByteRange[];
  /** Reads the extents of the copy, in normal form; may be called more than once. Undefined: the whole disk. */
  readonly extents: (() => AsyncIterable<ByteRange>) | undefined;
}

/** Errors: copy.checkpoint-foreign, copy.checkpoint-unreadable. */
export async function begunCopy(path: string, copy: CheckpointedCopy): Promise<Begun> {
  const header = headerOf(copy);
  const found = await readHeader(path);
  if (found === undefined) return { header, isResumed: false, done: [], extents: given(copy) };
  checkSame(path, found, copy);
  const done = normalise(await listOf(readDone(path, copy.lengthBytes)));
  if (found.snapshot === header.snapshot) {
    const hasStored = copy.snapshot !== undefined && copy.extents !== undefined;
    return { header, isResumed: true, done, extents: hasStored ? () => readExtents(path) : given(copy) };
  }
  const undone = normalExtents(mergeAscending(notDone(path, copy)), copy);
  const left = await listOf(subtractAscending(done, undone));
  return { header, isResumed: true, done: left, extents: given(copy, () => readExtents(path)) };
}

const headerOf = (copy: CheckpointedCopy): CheckpointHeader => ({
  length_bytes: copy.lengthBytes,
  target_bytes: copy.targetBytes,
  extents_sha256: copy.extents?.sha256 ?? null,
  outside: copy.outside,
  snapshot: copy.snapshot ?? null,
});

/** Changed areas are extents too: an earlier list knows nothing of them. */
function given(copy: CheckpointedCopy, earlier?: () => AsyncIterable<ByteRange>): Begun['extents'] {
  const { extents, changed, lengthBytes } = copy;
  if (extents === undefined) return undefined;
  const lists = [extents.extents, changed?.areas.extents, earlier].filter((list) => list !== undefined);
  const merged = (): AsyncIterable<ByteRange> =>
    lists.length === 1 ? extents.extents() : mergeAscending(lists.map((list) => list()));
  return () => normalExtents(merged(), { lengthBytes, blockBytes: 1 });
}

/**
 * What a new snapshot takes back: what changed, and extents that no earlier run had. Between those it had, a stretch
 * counts as done because there was nothing to do.
 */
function notDone(path: string, { extents, changed, lengthBytes }: CheckpointedCopy): Ranges[] {
  const lists: Ranges[] = changed === undefined ? [] : [changed.areas.extents()];
  if (extents === undefined) return lists;
  const now = normalExtents(extents.extents(), { lengthBytes, blockBytes: 1 });
  return [...lists, subtractAscending(now, readExtents(path))];
}

/** Throws unless what was done is done for this copy too, or becomes so by taking back what changed. */
function checkSame(path: string, found: CheckpointHeader, copy: CheckpointedCopy): void {
  const expected = headerOf(copy);
  const details = { found, expected };
  const isSameDisk =
    found.length_bytes === expected.length_bytes &&
    found.target_bytes === expected.target_bytes &&
    found.outside === expected.outside &&
    (found.extents_sha256 === null) === (expected.extents_sha256 === null);
  const isSameSnapshot = found.snapshot === expected.snapshot;
  if (!isSameDisk || (isSameSnapshot && found.extents_sha256 !== expected.extents_sha256)) {
    throw foreign(path, {
      message: 'belongs to another copy',
      hint: 'sizes or extents differ; give the options of the first run, or remove the file to start again',
      details,
    });
  }
  if (isSameSnapshot || (found.snapshot !== null && found.snapshot === copy.changed?.since)) return;
  throw foreign(path, { ...otherSnapshot(found.snapshot, expected.snapshot), details });
}

function otherSnapshot(found: string | null, now: string | null): { message: string; hint: string } {
  const orAgain = 'or remove the file to start again';
  if (found === null) {
    return {
      message: 'was begun without --snapshot, so nobody can say what has changed since',
      hint: `leave --snapshot out if the source is still what it was, ${orAgain}`,
    };
  }
  const areas = `--changed FILE --changed-since ${found}`;
  return now === null
    ? { message: `is of snapshot ${found}`, hint: `add --snapshot ${found}, or another one and ${areas}` }
    : { message: `is of snapshot ${found}, not ${now}`, hint: `add ${areas} with what changed since, ${orAgain}` };
}
