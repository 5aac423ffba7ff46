import type { Terminal } from '../../src/cli/terminal.ts';
import { paints } from '../../src/cli/view/paint.ts';

/** A terminal of a given width, without colours, that remembers what it shows. */
export class ScreenTerminal implements Terminal {
  width: number;
  rows: number;
  readonly isLive: boolean;
  readonly paint = paints(false);
  readonly errPaint = paints(false);
  readonly errors: string[] = [];
  #written = '';
  readonly #watchers = new Set<() => void>();

  constructor(size: { readonly width: number; readonly rows?: number; readonly isLive?: boolean }) {
    this.width = size.width;
    this.rows = size.rows ?? 24;
    this.isLive = size.isLive ?? true;
  }

  draw(text: string): void {
    this.#written += text;
  }

  out(line: string): void {
    this.draw(`${line}\n`);
  }

  err(line: string): void {
    this.errors.push(line);
  }

  onResize(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  resize(width: number): void {
    this.width = width;
    for (const changed of this.#watchers) changed();
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Everything that was written, as it was. */
  get raw(): string {
    return this.#written;
  }

  /** The lines that a person sees, those that scrolled away included. */
  get lines(): string[] {
    return screenOf(this.#written, this.width);
  }
}

/** What a terminal of this width shows after this text. Knows what our commands write. */
export function screenOf(text: string, width: number): string[] {
  const screen = new Screen(width);
  for (const [token] of text.matchAll(/\u001b\[[\d;]*[A-Za-z]|[^]/gu)) screen.take(token);
  return screen.shown();
}

class Screen {
  readonly #width: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** One character, or one control sequence: cursor up, erase to the end of the line or of the screen, colour. */
  take(token: string): void {
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#moveTo(this.#row + 1, 0);
    else if (!token.startsWith('\u001b')) this.#put(token);
    else if (token.endsWith('A')) this.#moveTo(Math.max(0, this.#row - Number(token.slice(2, -1))), this.#column);
    else if (token === '\u001b[J' || token === '\u001b[K') this.#erase(token === '\u001b[J');
    else if (!token.endsWith('m')) throw new Error(`this terminal does not know ${JSON.stringify(token)}`);
  }

  shown(): string[] {
    const lines = this.#lines.map((line) => line.join(''));
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  #moveTo(row: number, column: number): void {
    [this.#row, this.#column] = [row, column];
    while (this.#lines.length <= row) this.#lines.push([]);
  }

  #erase(linesBelow: boolean): void {
    this.#lines[this.#row]?.splice(this.#column);
    if (linesBelow) this.#lines.splice(this.#row + 1);
  }

  #put(character: string): void {
    if (this.#column >= this.#width) this.#moveTo(this.#row + 1, 0);
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push(' ');
    line[this.#column] = character;
    this.#column += 1;
  }
}
