import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { AppError, invalidRequest } from '../base/errors.ts';
import type { ByteRange } from '../transfer/block-device.ts';
import { normalExtents } from '../transfer/extent-stream.ts';

/** A file of extents that was read through once: sorted, well-formed, and worth this many bytes. */
export interface ExtentsFile {
  /** Reads the file again, one extent at a time. */
  readonly extents: () => AsyncIterable<ByteRange>;
  /** Sum of the extents, merged and clipped to the disk. */
  readonly bytes: number;
  /** Of the merged extents: two files that mean the same have the same. */
  readonly sha256: string;
}

/**
 * Reads a JSON array of {"offset":N,"length":N} through without holding it, so that mistakes show before the first write.
 * Errors: copy.extents-unreadable, transfer.extents-invalid, transfer.extents-not-sorted; the reason of `signal`.
 */
export async function openExtentsFile(path: string, lengthBytes: number, signal?: AbortSignal): Promise<ExtentsFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const { offset, length } of normalExtents(readExtents(path), { lengthBytes, blockBytes: 1 })) {
    signal?.throwIfAborted();
    bytes += length;
    hash.update(`${offset} ${length}\n`);
  }
  return { extents: () => readExtents(path), bytes, sha256: hash.digest('hex') };
}

async function* readExtents(path: string): AsyncGenerator<ByteRange> {
  const scanner = new ArrayScanner(path);
  try {
    for await (const text of createReadStream(path, { encoding: 'utf8' })) yield* scanner.push(String(text));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(path, error instanceof Error ? error.message : String(error));
  }
  scanner.end();
}

/** An object of the array is short; one that is not is something else. */
const OBJECT_CHARS_MAX = 4_096;

/** Cuts an array of flat objects into its objects, in whatever pieces the text comes. */
class ArrayScanner {
  readonly #path: string;
  #state: 'start' | 'first' | 'object' | 'separator' | 'next' | 'end' = 'start';
  #object = '';
  #isInString = false;
  #isEscaped = false;

  constructor(path: string) {
    this.#path = path;
  }

  *push(text: string): Generator<ByteRange> {
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (this.#state !== 'object') {
        if (this.#between(char)) from = at;
        continue;
      }
      if (!this.#closes(char)) continue;
      yield this.#extent(this.#object + text.slice(from, at + 1));
      this.#object = '';
      this.#state = 'separator';
    }
    if (this.#state !== 'object') return;
    this.#object += text.slice(from);
    if (this.#object.length > OBJECT_CHARS_MAX) throw unreadable(this.#path, 'an extent is not a small object');
  }

  end(): void {
    if (this.#state !== 'end') throw unreadable(this.#path, 'the JSON array is cut off');
  }

  /** Outside objects; true when one begins here. */
  #between(char: string): boolean {
    if (/\s|\uFEFF/.test(char)) return false;
    const state = this.#state;
    if (state === 'start' && char === '[') this.#state = 'first';
    else if ((state === 'first' || state === 'next') && char === '{') this.#state = 'object';
    else if (state === 'separator' && char === ',') this.#state = 'next';
    else if ((state === 'first' || state === 'separator') && char === ']') this.#state = 'end';
    else throw unreadable(this.#path, `unexpected ${JSON.stringify(char)}; it must be a JSON array of objects`);
    return this.#state === 'object';
  }

  /** Inside an object; true when it ends here. */
  #closes(char: string): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString && char === '\\') this.#isEscaped = true;
    else if (char === '"') this.#isInString = !this.#isInString;
    else return char === '}' && !this.#isInString;
    return false;
  }

  #extent(text: string): ByteRange {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw unreadable(this.#path, `not JSON: ${text.slice(0, 80)}`);
    }
    const { offset, length } = value as { offset?: unknown; length?: unknown };
    if (typeof offset === 'number' && typeof length === 'number') return { offset, length };
    throw unreadable(this.#path, `an extent has a numeric offset and length: ${text.slice(0, 80)}`);
  }
}

function unreadable(path: string, why: string): AppError {
  return invalidRequest('copy.extents-unreadable', `cannot use the extents in ${path}: ${why}`, {
    hint: 'expected: [{"offset":0,"length":65536}, ...]',
    details: { path },
  });
}
