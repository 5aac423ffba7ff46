import { type Align, cut, pad, plainText, widthOf } from './text.ts';
import type { Paint } from './paint.ts';

export interface Column<R> {
  readonly title: string;
  readonly text: (row: R) => string;
  readonly align?: Align;
  /** May be cut down to this many columns where the terminal is narrow; without it the text stays whole. */
  readonly least?: number;
  readonly paint?: (text: string, row: R) => string;
}

export interface Sheet {
  /** Columns of the terminal; Infinity where it is none, so that nothing is cut for a program. */
  readonly width: number;
  readonly paint: Paint;
}

const GAP = '  ';

/** Lines of a table: titles, then rows, each column as wide as its widest text, cut to fit the width. */
export function table<R>(columns: readonly Column<R>[], rows: readonly R[], sheet: Sheet): string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.text(row))));
  const wanted = columns.map((column, at) =>
    cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), widthOf(column.title)),
  );
  const widths = shrink(columns, wanted, sheet.width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[], row: R | undefined): string => {
    const padded = columns.map((column, at) => {
      const text = cut(texts[at] ?? '', widths[at] ?? 0);
      // Blanks at the end of a line would wrap for nothing.
      const isLast = at === columns.length - 1 && column.align !== 'right';
      const placed = isLast ? text : pad(text, widths[at] ?? 0, column.align);
      return row === undefined || column.paint === undefined ? placed : column.paint(placed, row);
    });
    return padded.join(GAP).trimEnd();
  };
  const titles = line(
    columns.map((column) => column.title),
    undefined,
  );
  return [sheet.paint.dim(titles), ...rows.map((row, at) => line(cells[at] ?? [], row))];
}

/** Takes from the widest column that may be cut, until all fit or nothing more may be cut. */
function shrink<R>(columns: readonly Column<R>[], wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    let widest = -1;
    for (const [at, column] of columns.entries()) {
      const spare = (widths[at] ?? 0) - (column.least ?? Infinity);
      if (spare > 0 && (widest < 0 || (widths[at] ?? 0) > (widths[widest] ?? 0))) widest = at;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}
