import { SECOND } from '../../base/units.ts';
import type { Terminal } from '../terminal.ts';
import { localTime } from '../view/format.ts';
import { hasEnded, logLine, outcomeLines } from '../view/job.ts';
import { plainText } from '../view/text.ts';
import type { Display } from './display.ts';
import type { FeedEvent } from './feed.ts';
import type { JobView } from './job-view.ts';
import { isRemarkable, JobViews } from './job-views.ts';

const PROGRESS_EVERY_MS = 10 * SECOND;

interface Told {
  /** What made the last line worth printing. */
  state: string;
  atMs: number;
}

/** For a file or a pipe: a line at each change of state, and now and then how far it is. */
export class LineDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #views = new JobViews();
  readonly #told = new Map<string, Told>();
  #isLost = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  add(jobId: string, name: string | undefined): void {
    this.#views.add(jobId, name);
  }

  show(event: FeedEvent): void {
    const { paint } = this.#terminal;
    switch (event.kind) {
      case 'lost':
        if (!this.#isLost) this.#terminal.err(`${event.data.reason}; trying again`);
        break;
      case 'log':
        if (isRemarkable(event.data.level)) {
          const name = this.#views.nameOf(event.data.job_id);
          this.#terminal.out(`${name === undefined ? '' : `${plainText(name)}: `}${logLine(event.data, paint)}`);
        }
        this.#tellStep(event.data);
        break;
      case 'job':
      case 'progress':
        this.#tell(event);
        break;
      case 'end':
        break;
    }
    this.#isLost = event.kind === 'lost';
  }

  close(): void {
    // Every line is complete as it is.
  }

  /** Jobs that copy tell how far they are by themselves. */
  #tellStep(event: Extract<FeedEvent, { kind: 'log' }>['data']): void {
    const view = this.#views.note(event);
    if (view !== undefined && !view.isCopying) this.#tellState(view);
  }

  #tellState(view: JobView): void {
    const now = localTime(new Date().toISOString());
    this.#terminal.out(`${now} ${plainText(view.name)}: ${plainText(view.summary())}`);
  }

  #tell(event: Extract<FeedEvent, { kind: 'job' | 'progress' }>): void {
    const view = this.#views.apply(event);
    if (view === undefined) return;
    if (event.kind === 'job' && hasEnded(event.data)) {
      for (const line of outcomeLines({ job: event.data, name: view.name, moved: view.moved() }, this.#terminal.paint))
        this.#terminal.out(line);
      this.#views.remove(view.jobId);
    } else if (this.#isDue(view, event)) {
      this.#tellState(view);
    }
  }

  #isDue(view: JobView, event: Extract<FeedEvent, { kind: 'job' | 'progress' }>): boolean {
    const { job } = view;
    const state = `${job?.status} ${job?.dispatch_state} ${job?.attempt} ${job?.cancel_requested_at}`;
    const now = performance.now();
    const told = this.#told.get(view.jobId);
    const isNews = told?.state !== state || (event.kind === 'progress' && now - told.atMs >= PROGRESS_EVERY_MS);
    if (isNews) this.#told.set(view.jobId, { state, atMs: now });
    return isNews;
  }
}
