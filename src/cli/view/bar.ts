import { percent, rate, sent, timeLeft } from './format.ts';
import type { Paint } from './paint.ts';
import { cut, pad, plainText, widthOf } from './text.ts';

/** One thing that is copied, as a line with a bar. */
export interface Bar {
  readonly label: string;
  /** 0 to 100, of all that has to be gone through: zeros count. */
  readonly percent: number;
  /** Data that was sent: zeros do not count. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes per second; undefined while it is not known. */
  readonly bytesPerS: number | undefined;
  readonly leftS: number | null;
}

export interface BarSheet {
  readonly width: number;
  readonly paint: Paint;
}

const BAR_LEAST = 8;
const BAR_MOST = 40;
const LABEL_MOST = 28;
const INDENT = '  ';

/** Lines of bars of one width, labels aligned; where the terminal is narrow, what matters least is left out. */
export function bars(all: readonly Bar[], { width, paint }: BarSheet): string[] {
  const labels = all.map((bar) => cut(plainText(bar.label), LABEL_MOST));
  const labelWidth = Math.max(0, ...labels.map(widthOf));
  const room = width - INDENT.length - labelWidth - 2;
  const facts = fitting(all.map(factsOf), room - BAR_LEAST - 2);
  const factWidth = Math.max(0, ...facts.map(widthOf));
  const barWidth = Math.min(BAR_MOST, room - factWidth - 2);
  return all.map((bar, at) => {
    const label = pad(labels[at] ?? '', labelWidth);
    const drawn = barWidth < BAR_LEAST ? '' : `${paintBar(bar, barWidth, paint)}  `;
    return `${INDENT}${label}  ${drawn}${facts[at] ?? ''}`.trimEnd();
  });
}

function paintBar(bar: Bar, width: number, paint: Paint): string {
  const full = Math.floor((Math.min(100, Math.max(0, bar.percent)) / 100) * width);
  const done = '█'.repeat(full);
  return (bar.percent >= 100 ? paint.good(done) : paint.active(done)) + paint.dim('░'.repeat(width - full));
}

/** In the order of what matters: how far, how much, how fast, how long still. */
function factsOf(bar: Bar): string[] {
  const isDone = bar.percent >= 100;
  return [
    percent(bar.percent).padStart(7),
    sent({ done: bar.doneBytes, total: bar.totalBytes, isOver: isDone }),
    isDone || bar.bytesPerS === undefined ? '' : rate(bar.bytesPerS),
    isDone ? '' : timeLeft(bar.leftS),
  ];
}

/** As many facts as fit, aligned below each other. */
function fitting(facts: readonly (readonly string[])[], room: number): string[] {
  const most = Math.max(0, ...facts.map((row) => row.length));
  for (let count = most; count > 0; count -= 1) {
    const widths = Array.from({ length: count }, (_, at) => Math.max(0, ...facts.map((row) => (row[at] ?? '').length)));
    const lines = facts.map((row) =>
      widths
        .map((width, at) => (row[at] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    );
    if (count === 1 || Math.max(...lines.map((line) => line.length)) <= room) return lines;
  }
  return facts.map(() => '');
}
