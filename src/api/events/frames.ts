import type { JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import type { JobView } from '../../db/stores/job-view-store.ts';
import type { LogEventRecord } from '../../db/stores/log-event-store.ts';
import { presentJobProgress } from '../present/job-progress.ts';
import { presentJob } from '../present/job.ts';
import { presentLogEvent } from '../present/log-event.ts';

/**
 * Server-sent events as text (WHATWG HTML, 9.2 "Server-sent events"). JSON without line breaks fits one data line.
 * A frame is made once and written to every client that wants it.
 */

/** Tells browsers how long to wait before they connect again. */
export const HELLO = 'retry: 2000\n\n';
/** A comment: keeps proxies from taking a quiet stream for a dead one. */
export const HEARTBEAT = ': heartbeat\n\n';
export const SESSION_OVER = ': the session has expired\n\n';
export const END = frame('end', {});

export function logFrame(event: LogEventRecord): string {
  return `id: ${event.id}\n${frame('log', presentLogEvent(event))}`;
}

export function jobFrame(job: JobView): string {
  return frame('job', presentJob(job));
}

export function progressFrame(progress: JobProgressRecord): string {
  return frame('progress', presentJobProgress(progress));
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
