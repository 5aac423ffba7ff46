import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ByteRange } from '../transfer/block-device.ts';
import { unreadable } from './checkpoint-errors.ts';
import { messageOf, systemCode } from './thrown.ts';

/**
 * The text of a checkpoint. First a line of JSON that says which copy it belongs to. Then, of a copy between snapshots
 * that has extents, a line "extent OFFSET LENGTH" for each, and "extents COUNT BYTES". Then "done OFFSET LENGTH" for each
 * stretch of the disk in which nothing is left to do.
 */
export interface CheckpointHeader {
  readonly length_bytes: number;
  readonly target_bytes: number;
  /** Of the extents that were given last. Null: the whole disk. */
  readonly extents_sha256: string | null;
  readonly outside: 'leave' | 'zero';
  /** The state of the source that all that is done is equal to. Null: the source has only one. */
  readonly snapshot: string | null;
}

const FORMAT = 'migratekit-copy-checkpoint-2';
/** No line is longer; what has such lines is something else. */
const LINE_CHARS_MAX = 64 * 1024;

export const headerLine = (header: CheckpointHeader): string => `${JSON.stringify({ format: FORMAT, ...header })}\n`;
export const extentLine = ({ offset, length }: ByteRange): string => `extent ${offset} ${length}\n`;
export const endOfExtentsLine = (count: number, bytes: number): string => `extents ${count} ${bytes}\n`;
export const doneLine = ({ offset, length }: ByteRange): string => `done ${offset} ${length}\n`;

/** Undefined: there is no file, or an empty one. Errors: copy.checkpoint-unreadable. */
export async function readHeader(path: string): Promise<CheckpointHeader | undefined> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size === 0) return undefined;
  for await (const [line = ''] of linesOf(path)) {
    const header = parseHeader(line);
    if (header !== undefined) return header;
    break;
  }
  throw unreadable(path, 'it is not a checkpoint of this version');
}

/** Errors: copy.checkpoint-unreadable, also when the list is not whole. */
export async function* readExtents(path: string): AsyncGenerator<ByteRange> {
  let count = 0;
  for await (const lines of bodyOf(path)) {
    for (const line of lines) {
      const { kind, offset: first, length: second } = parseLine(line);
      if (kind === 'extents' && first === count) return;
      if (kind !== 'extent') throw unreadable(path, `unexpected line "${line.slice(0, 60)}"`);
      count += 1;
      yield { offset: first, length: second };
    }
  }
  throw unreadable(path, 'its list of extents is cut off');
}

/**
 * What was done, in the order in which it was. Each step was synced before the next was begun: so a line that cannot be
 * read was never promised, nor was any after it. Errors: copy.checkpoint-unreadable.
 */
export async function* readDone(path: string, lengthBytes: number): AsyncGenerator<ByteRange> {
  for await (const lines of bodyOf(path)) {
    for (const line of lines) {
      const { kind, offset, length } = parseLine(line);
      if (kind === undefined || (kind === 'done' && offset + length > lengthBytes)) return;
      if (kind === 'done') yield { offset, length };
    }
  }
}

async function* bodyOf(path: string): AsyncGenerator<string[]> {
  let isHeader = true;
  for await (const lines of linesOf(path)) {
    if (isHeader) lines.shift();
    isHeader = false;
    yield lines;
  }
}

/**
 * Lines that have an end, at least one at a time, as many as a read brings: there may be a million. What follows the last
 * end is torn. None of a file that is not there.
 */
async function* linesOf(path: string): AsyncGenerator<string[]> {
  let rest = '';
  try {
    for await (const text of createReadStream(path, { encoding: 'utf8' })) {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
      if (rest.length > LINE_CHARS_MAX) throw unreadable(path, 'it is not a checkpoint of this version');
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw /^E[A-Z]/.test(systemCode(error)) ? unreadable(path, messageOf(error)) : error;
  }
}

interface Line extends ByteRange {
  /** Undefined: it is none of ours. */
  readonly kind: 'extent' | 'extents' | 'done' | undefined;
}

function parseLine(line: string): Line {
  const [, kind, first, second] = /^(extent|extents|done) (\d{1,16}) (\d{1,16})$/.exec(line) ?? [];
  const [offset, length] = [Number(first), Number(second)];
  const isExact = Number.isSafeInteger(offset + length);
  return { kind: isExact && isKind(kind) ? kind : undefined, offset, length };
}

const isKind = (word: string | undefined): word is 'extent' | 'extents' | 'done' =>
  word === 'extent' || word === 'extents' || word === 'done';

function parseHeader(line: string): CheckpointHeader | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { format, ...header } = (found ?? {}) as Partial<CheckpointHeader & { format: string }>;
  const { length_bytes, target_bytes, extents_sha256, outside, snapshot } = header;
  if (format !== FORMAT || typeof length_bytes !== 'number' || typeof target_bytes !== 'number') return undefined;
  if (extents_sha256 === undefined || snapshot === undefined) return undefined;
  if (outside !== 'leave' && outside !== 'zero') return undefined;
  return { length_bytes, target_bytes, extents_sha256, outside, snapshot };
}
