import type { Terminal } from '../terminal.ts';
import { jsonLine } from '../view/text.ts';
import type { FeedEvent } from './feed.ts';
import { LineDisplay } from './line-display.ts';
import { LiveDisplay } from './live-display.ts';

/** Shows what the feeds of jobs tell. */
export interface Display {
  /** A job that is followed; `name` is its VM. */
  add(jobId: string, name: string | undefined): void;
  /** `jobId` is the job that a feed is about; undefined for the feed of all jobs. */
  show(event: FeedEvent, jobId: string | undefined): void;
  /** Leaves what is on the screen and ends. */
  close(): void;
}

export function openDisplay(terminal: Terminal, asJson: boolean): Display {
  if (asJson) return jsonDisplay(terminal);
  return terminal.isLive ? new LiveDisplay(terminal) : new LineDisplay(terminal);
}

/** For machines: one object per line, `{"event", "job_id", "data"}`. */
function jsonDisplay(terminal: Terminal): Display {
  return {
    add: () => undefined,
    show: (event, jobId) => {
      const { kind, data } = event;
      const subject = kind === 'end' || kind === 'lost' ? jobId : data.job_id;
      terminal.out(jsonLine({ event: kind, job_id: subject ?? null, data }));
    },
    close: () => undefined,
  };
}
