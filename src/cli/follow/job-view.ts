import type { Job, JobProgress } from '../client/answers.ts';
import { type Bar, bars, type BarSheet } from '../view/bar.ts';
import { rate, sent, size, timeLeft } from '../view/format.ts';
import { paintStatus } from '../view/paint.ts';
import { cut, plainText, widthOf } from '../view/text.ts';
import { Rates } from './rates.ts';

/** What is known by now of a job that is followed, and how it is drawn. */
export class JobView {
  readonly jobId: string;
  job: Job | undefined;
  /** The step that it is at, by its log. */
  step: string | undefined;
  #name: string | undefined;
  #progress: JobProgress | undefined;
  #bars: readonly Bar[] = [];
  /** Of data that is sent, and of what is gone through, by disk. */
  readonly #rates = new Rates();
  readonly #paces = new Rates();

  constructor(jobId: string, name: string | undefined) {
    this.jobId = jobId;
    this.#name = name;
  }

  /** The VM, or what the job does while the VM is not known. */
  get name(): string {
    return this.#name ?? this.job?.context_id ?? this.job?.operation ?? this.jobId;
  }

  setName(name: string): void {
    this.#name = name;
  }

  setProgress(progress: JobProgress): void {
    this.#progress = progress;
    this.#bars = progress.disks.map((disk) => {
      const bytesPerS = this.#rates.add(disk.disk_id, disk.bytes_transferred);
      const passed = (disk.percent / 100) * disk.total_bytes;
      const passedPerS = this.#paces.add(disk.disk_id, passed);
      return {
        label: disk.label === null ? disk.disk_id : `${disk.disk_id} ${disk.label}`,
        percent: disk.percent,
        doneBytes: disk.bytes_transferred,
        totalBytes: disk.total_bytes,
        // Before the first byte there is no speed to speak of.
        bytesPerS: disk.bytes_transferred === 0 ? undefined : bytesPerS,
        // By what was gone through and not by what was sent: zeros take next to no time.
        leftS: passedPerS === undefined || passedPerS <= 0 ? null : (disk.total_bytes - passed) / passedPerS,
      };
    });
  }

  /** It reports its progress, step for step. */
  get isCopying(): boolean {
    return this.#progress !== undefined;
  }

  /** How much was copied: `5.0 GiB`; empty for nothing. */
  moved(): string {
    const bytes = this.#progress?.bytes_transferred ?? 0;
    return bytes === 0 ? '' : size(bytes);
  }

  /** How far it is, in words: `running, 62.5 %, Transferring Data, 5.0 GiB sent of 8.0 GiB, 112.0 MiB/s, ETA 20 s` */
  summary(): string {
    return [this.#state(), ...this.#facts()].filter((part) => part !== '').join(', ');
  }

  #state(): string {
    if (this.job === undefined) return this.#progress?.status ?? 'pending';
    const isCancelling = this.job.cancel_requested_at !== null && this.job.completed_at === null;
    if (isCancelling) return `${this.job.status}, cancelling`;
    return this.job.dispatch_state === 'retry_wait' ? `waits to retry (attempt ${this.job.attempt})` : this.job.status;
  }

  #facts(): string[] {
    const progress = this.#progress;
    if (progress === undefined) {
      const percent = this.job?.percent_complete ?? 0;
      return [percent === 0 ? '' : `${percent} %`, this.step ?? ''];
    }
    const isCopying = progress.total_bytes > 0 && progress.percent < 100;
    return [
      `${progress.percent.toFixed(1)} %`,
      progress.current_operation ?? '',
      progress.total_bytes === 0
        ? ''
        : sent({
            done: progress.bytes_transferred,
            total: progress.total_bytes,
            isOver: progress.percent >= 100,
          }),
      isCopying && progress.current_bps > 0 ? rate(progress.current_bps) : '',
      isCopying ? timeLeft(progress.eta_seconds) : '',
    ];
  }

  /** A title and one bar per disk, none wider than the sheet. */
  lines(sheet: BarSheet): string[] {
    const name = cut(plainText(this.name), sheet.width);
    const title = `  ${plainText(this.jobId)}  `;
    const room = sheet.width - widthOf(name) - widthOf(title);
    const summary = plainText(this.summary());
    // The name stays, then what happens; the id is what a narrow terminal can do without.
    const rest =
      room >= widthOf(summary)
        ? `${sheet.paint.dim(title)}${this.#painted(summary, sheet)}`
        : this.#painted(cut(`  ${summary}`, sheet.width - widthOf(name)), sheet);
    return [`${sheet.paint.bold(name)}${rest}`, ...bars(this.#bars, sheet)];
  }

  #painted(text: string, { paint }: BarSheet): string {
    return paintStatus(paint, this.job?.status ?? '')(text);
  }
}
