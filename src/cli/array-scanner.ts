import { invalidRequest, type AppError } from '../base/errors.ts';
import type { ByteRange } from '../transfer/block-device.ts';

/** An object of the array is short; one that is not is something else. */
const OBJECT_CHARS_MAX = 4_096;

/** Cuts a JSON array of flat objects into its extents, in whatever pieces the text comes. Throws copy.extents-unreadable. */
export class ArrayScanner {
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

/** The error of a file of extents that cannot be used. */
export function unreadable(path: string, why: string): AppError {
  return invalidRequest('copy.extents-unreadable', `cannot use the extents in ${path}: ${why}`, {
    hint: 'expected: [{"offset":0,"length":65536}, ...]',
    details: { path },
  });
}
