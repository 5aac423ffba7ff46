import { SECOND } from '../base/units.ts';
import type { CopyCounter } from '../transfer/copy-options.ts';
import type { VerifyProgress } from '../transfer/verify/verified-copy.ts';
import { ProgressMeter, type ProgressSides } from './copy-progress.ts';
import { progressJson, progressLine, verifyJson, verifyLine } from './copy-text.ts';

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
  #verify: VerifyProgress | undefined;
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

  /** From here on it is the verification that goes on. */
  showVerify(state: VerifyProgress): void {
    this.#verify = state;
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
    if (this.#verify !== undefined) this.#say(nowMs, verifyLine(this.#verify), verifyJson(this.#verify));
    else if (progress !== undefined) this.#say(nowMs, progressLine(progress), progressJson(progress));
  }

  #say(nowMs: number, line: string, json: Record<string, unknown>): void {
    if (this.#reader === 'machine') this.#output.err(JSON.stringify(json));
    else if (this.#output.terminal !== undefined) this.#draw(line);
    else if (nowMs >= this.#nextLineAtMs) {
      this.#nextLineAtMs = nowMs + LINE_EVERY_MS;
      this.#output.err(line);
    }
  }

  /** Over the line before, without control sequences that a simple terminal would show. */
  #draw(line: string): void {
    const columns = this.#output.terminal?.columns() || COLUMNS;
    const shown = line.slice(0, Math.max(1, columns - 1));
    this.#output.terminal?.draw(`\r${shown.padEnd(Math.min(this.#drawnChars, columns - 1))}`);
    this.#drawnChars = shown.length;
  }
}
