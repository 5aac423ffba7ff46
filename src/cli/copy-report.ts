import { formatBytes, formatDuration, SECOND } from '../base/units.ts';
import type { CopyCounter, CopyResult } from '../transfer/copy-options.ts';

/** Progress for a person: the engine counts, this looks at the counters once per second. */
export class CopyReport {
  readonly #line: (text: string) => void;
  readonly #startedAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #counter: Readonly<CopyCounter> | undefined;

  constructor(line: (text: string) => void) {
    this.#line = line;
    this.#timer = setInterval(() => this.#report(), SECOND);
    this.#timer.unref();
  }

  show(counter: Readonly<CopyCounter>): void {
    this.#counter = counter;
  }

  /** Ends the reports with the last state. */
  stop(): void {
    clearInterval(this.#timer);
    this.#report();
  }

  #report(): void {
    if (this.#counter === undefined) return;
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped } = this.#counter;
    const done = bytesCopied + bytesZeroed + bytesSkipped;
    const percent = bytesTotal === 0 ? 100 : (done / bytesTotal) * 100;
    const seconds = (performance.now() - this.#startedAtMs) / SECOND;
    const rate = `${formatBytes(Math.round(bytesCopied / Math.max(seconds, 0.001)))}/s copied`;
    this.#line(`${percent.toFixed(1)} %, ${formatBytes(done)} of ${formatBytes(bytesTotal)}, ${rate}`);
  }

  static summary(result: CopyResult): string {
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds } = result;
    const parts = `${formatBytes(bytesCopied)} copied, ${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped`;
    return `${formatBytes(bytesTotal)} in ${formatDuration(seconds * SECOND)}: ${parts}`;
  }
}
