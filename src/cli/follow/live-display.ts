import type { Terminal } from '../terminal.ts';
import { hasEnded, logLine, outcomeLines } from '../view/job.ts';
import { LiveArea } from '../view/live-area.ts';
import { cut, plainText } from '../view/text.ts';
import type { Display } from './display.ts';
import type { FeedEvent } from './feed.ts';
import { isRemarkable, JobViews } from './job-views.ts';

/** Often enough for the eye; a hundred jobs would otherwise draw without end. */
const REDRAW_MS = 100;

/** For a terminal: a bar per disk, redrawn in place; what has ended scrolls away above. */
export class LiveDisplay implements Display {
  readonly #terminal: Terminal;
  readonly #area: LiveArea;
  readonly #views = new JobViews();
  readonly #stopWatching: () => void;
  #notice = '';
  #redraw: NodeJS.Timeout | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#area = new LiveArea(terminal);
    this.#stopWatching = terminal.onResize(() => this.#drawSoon());
  }

  add(jobId: string, name: string | undefined): void {
    this.#views.add(jobId, name);
    this.#drawSoon();
  }

  show(event: FeedEvent): void {
    const { paint } = this.#terminal;
    this.#notice = '';
    switch (event.kind) {
      case 'lost':
        this.#notice = paint.warn(`${event.data.reason}; trying again in ${event.data.retry_in_ms / 1000} s`);
        break;
      case 'log':
        this.#views.note(event.data);
        if (isRemarkable(event.data.level)) this.#print(this.#remark(event.data.job_id) + logLine(event.data, paint));
        break;
      case 'job':
        if (hasEnded(event.data)) this.#end(event);
        else this.#views.apply(event);
        break;
      case 'progress':
        this.#views.apply(event);
        break;
      case 'end':
        break;
    }
    this.#drawSoon();
  }

  close(): void {
    clearTimeout(this.#redraw);
    this.#stopWatching();
    this.#notice = '';
    this.#area.draw(this.#lines());
  }

  /** Its last state stays on the screen. */
  #end(event: Extract<FeedEvent, { kind: 'job' }>): void {
    const view = this.#views.apply(event);
    if (view === undefined) return;
    this.#views.remove(view.jobId);
    for (const line of outcomeLines({ job: event.data, name: view.name, moved: view.moved() }, this.#terminal.paint))
      this.#print(line);
  }

  #remark(jobId: string | null): string {
    const name = this.#views.nameOf(jobId);
    return name === undefined ? '' : `${plainText(name)}: `;
  }

  #print(line: string): void {
    this.#area.print(line, this.#lines());
  }

  #lines(): string[] {
    // The last column stays free: some terminals wrap as soon as it is filled.
    const sheet = { width: Math.max(20, this.#terminal.width - 1), paint: this.#terminal.paint };
    const jobs = this.#views.all().flatMap((view) => view.lines(sheet));
    return this.#notice === '' ? jobs : [...jobs, cut(this.#notice, sheet.width)];
  }

  #drawSoon(): void {
    this.#redraw ??= setTimeout(() => {
      this.#redraw = undefined;
      this.#area.draw(this.#lines());
    }, REDRAW_MS);
  }
}
