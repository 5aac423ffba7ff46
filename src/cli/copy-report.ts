import { formatBytes, formatDuration, SECOND } from '../base/units.ts';
import type { CopyCounter, CopyResult } from '../transfer/copy-options.ts';
import { ProgressMeter, type CopyProgress, type ProgressSides } from './copy-progress.ts';

/** Where progress is shown: a terminal, or whatever takes lines. */
export interface ProgressOutput {
  /** One line on stderr. */
  readonly err: (line: string) => void;
  /** Stderr, where it is a terminal: written as it is, and as wide as this. */
  readonly terminal?: { readonly draw: (text: string) => void; readonly columns: () => number } | undefined;
}

/** person: one line that is drawn over on a terminal, else a line now and then. machine: a JSON object per line. */
export type ProgressReader = 'person' | 'machine';

const LOOK_EVERY_MS = 1 * SECOND;
/** Lines that stay, in a log. */
const LINE_EVERY_MS = 10 * SECOND;

/** Of a terminal that does not know how wide it is. */
const COLUMNS = 80;

/** Progress of one copy, looked at once per second. */
export class CopyReport {
  readonly #output: ProgressOutput;
  readonly #reader: ProgressReader;
  readonly #meter: ProgressMeter;
  readonly #timer: NodeJS.Timeout;
  #nextLineAtMs = 0;
  #drawnChars = 0;

  constructor(sides: ProgressSides, output: ProgressOutput, reader: ProgressReader) {
    this.#output = output;
    this.#reader = reader;
    this.#meter = new ProgressMeter(sides, performance.now());
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  show(counter: Readonly<CopyCounter>): void {
    this.#meter.count(counter);
  }

  /** Ends the reports with the last state, on a line of its own. */
  stop(): void {
    clearInterval(this.#timer);
    this.#nextLineAtMs = 0;
    this.#look();
    if (this.#drawnChars > 0) this.#output.terminal?.draw('\n');
    this.#drawnChars = 0;
  }

  #look(): void {
    const nowMs = performance.now();
    const progress = this.#meter.look(nowMs);
    if (progress === undefined) return;
    if (this.#reader === 'machine') this.#output.err(JSON.stringify(jsonOf(progress)));
    else if (this.#output.terminal !== undefined) this.#draw(lineOf(progress));
    else if (nowMs >= this.#nextLineAtMs) {
      this.#nextLineAtMs = nowMs + LINE_EVERY_MS;
      this.#output.err(lineOf(progress));
    }
  }

  /** Over the line before, without control sequences that a simple terminal would show. */
  #draw(line: string): void {
    const columns = this.#output.terminal?.columns() || COLUMNS;
    const shown = line.slice(0, Math.max(1, columns - 1));
    this.#output.terminal?.draw(`\r${shown.padEnd(Math.min(this.#drawnChars, columns - 1))}`);
    this.#drawnChars = shown.length;
  }

  static summary(result: CopyResult): string {
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds } = result;
    const parts = `${formatBytes(bytesCopied)} copied, ${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped`;
    return `${formatBytes(bytesTotal)} in ${formatDuration(seconds * SECOND)}: ${parts}`;
  }
}

/** `62.5 %  5.0 GiB of 8.0 GiB  112.0 MiB/s  ETA 27 s  2 retries`; the most important first, because the end may be cut. */
function lineOf(progress: CopyProgress): string {
  const { counter, doneBytes, percent, currentBps, etaSeconds, retries, away } = progress;
  const isDone = doneBytes >= counter.bytesTotal;
  return [
    `${percent.toFixed(1)} %`,
    `${formatBytes(doneBytes)} of ${formatBytes(counter.bytesTotal)}`,
    `${formatBytes(currentBps)}/s`,
    ...(etaSeconds === undefined || isDone ? [] : [`ETA ${formatDuration(etaSeconds * SECOND)}`]),
    ...(away === undefined ? [] : [`waiting for the ${away}`]),
    ...(retries === 0 ? [] : [`${retries} ${retries === 1 ? 'retry' : 'retries'}`]),
  ].join('  ');
}

/** The names of the summary and of the API's events. */
function jsonOf({ counter, percent, ...progress }: CopyProgress): Record<string, unknown> {
  return {
    percent: Math.floor(percent * 100) / 100,
    bytes_total: counter.bytesTotal,
    bytes_copied: counter.bytesCopied,
    bytes_zeroed: counter.bytesZeroed,
    bytes_skipped: counter.bytesSkipped,
    bytes_resumed: counter.bytesResumed,
    current_bps: progress.currentBps,
    average_bps: progress.averageBps,
    eta_seconds: progress.etaSeconds ?? null,
    retries: progress.retries,
    waiting_for: progress.away ?? null,
  };
}
