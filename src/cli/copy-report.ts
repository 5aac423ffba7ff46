import { formatBytes, formatDuration, SECOND } from '../base/units.ts';
import type { CopyCounter, CopyResult } from '../transfer/copy-options.ts';
import type { VerifyProgress, VerifyResult } from '../transfer/verify/verified-copy.ts';

/** Progress for a person: the engine counts, this looks at the counters once per second. */
export class CopyReport {
  readonly #line: (text: string) => void;
  readonly #startedAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #counter: Readonly<CopyCounter> | undefined;
  #verify: VerifyProgress | undefined;

  constructor(line: (text: string) => void) {
    this.#line = line;
    this.#timer = setInterval(() => this.#report(), SECOND);
    this.#timer.unref();
  }

  show(counter: Readonly<CopyCounter>): void {
    this.#counter = counter;
  }

  showVerify(state: VerifyProgress): void {
    this.#verify = state;
  }

  /** Ends the reports with the last state. */
  stop(): void {
    clearInterval(this.#timer);
    this.#report();
  }

  #report(): void {
    if (this.#verify !== undefined) {
      this.#line(verifyLine(this.#verify));
      return;
    }
    if (this.#counter === undefined) return;
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped } = this.#counter;
    const done = bytesCopied + bytesZeroed + bytesSkipped;
    const percent = bytesTotal === 0 ? 100 : (done / bytesTotal) * 100;
    const seconds = (performance.now() - this.#startedAtMs) / SECOND;
    const rate = `${formatBytes(Math.round(bytesCopied / Math.max(seconds, 0.001)))}/s copied`;
    this.#line(`${percent.toFixed(1)} %, ${formatBytes(done)} of ${formatBytes(bytesTotal)}, ${rate}`);
  }

  static summary(result: CopyResult & { readonly verify?: VerifyResult }): string {
    const { bytesTotal, bytesCopied, bytesZeroed, bytesSkipped, seconds } = result;
    const parts = `${formatBytes(bytesCopied)} copied, ${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped`;
    const copied = `${formatBytes(bytesTotal)} in ${formatDuration(seconds * SECOND)}: ${parts}`;
    return result.verify === undefined ? copied : `${copied}; ${verifySummary(result.verify)}`;
  }
}

function verifyLine({ bytesRead, bytesTotal }: VerifyProgress): string {
  if (bytesTotal === undefined) return `verifying, ${formatBytes(bytesRead)} read again`;
  const percent = bytesTotal === 0 ? 100 : Math.min(100, (bytesRead / bytesTotal) * 100);
  return `verifying, ${percent.toFixed(1)} %, ${formatBytes(bytesRead)} of ${formatBytes(bytesTotal)} read again`;
}

function verifySummary({ mode, bytesVerified, mismatches, repairedBytes, seconds }: VerifyResult): string {
  const what = mode === 'full' ? '' : ' as a sample';
  const repaired = mismatches === 0 ? '' : `, ${mismatches} differences repaired (${formatBytes(repairedBytes)})`;
  return `${formatBytes(bytesVerified)} verified${what} in ${formatDuration(seconds * SECOND)}${repaired}`;
}
