import { stripVTControlCharacters } from 'node:util';
import type { Terminal } from '../terminal.ts';
import { widthOf } from './text.ts';

/** The last lines of a terminal, drawn anew in place; what is printed scrolls by above them. */
export class LiveArea {
  readonly #terminal: Terminal;
  /** Widths of the lines on the screen. */
  #drawn: number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Lines must fit the terminal; those that it has no rows for are left out. */
  draw(lines: readonly string[]): void {
    const room = Math.max(1, this.#terminal.rows - 1);
    const shown =
      lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
    this.#terminal.draw(this.#up() + shown.map((line) => `${line}\u001b[K\n`).join(''));
    this.#drawn = shown.map((line) => widthOf(stripVTControlCharacters(line)));
  }

  /** A line that stays, above the live ones. */
  print(line: string, below: readonly string[]): void {
    this.#terminal.draw(`${this.#up()}${line}\u001b[K\n`);
    this.#drawn = [];
    this.draw(below);
  }

  /** To the first live line, with everything from there on removed. */
  #up(): string {
    // A terminal that became narrower has wrapped what was drawn.
    const width = Math.max(1, this.#terminal.width);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line / width)), 0);
    return `${rows === 0 ? '' : `\u001b[${rows}A`}\r\u001b[J`;
  }
}
