import { formatDuration } from '../../base/units.ts';
import { markup, type Content, type Html } from './markup.ts';

/** Small parts that several pages share. */

/** Words and a sign beside the colour: whoever cannot see the colour loses nothing. */
const SIGNS: Readonly<Record<string, string>> = {
  pending: '○',
  running: '▶',
  completed: '✓',
  failed: '✗',
  cancelled: '■',
  skipped: '–',
  undone: '↩',
  waiting: '○',
};

export function statusBadge(status: string, words: string = status): Html {
  return markup`<span class="status ${status}"><span aria-hidden="true">${SIGNS[status] ?? '•'}</span> ${words}</span>`;
}

/** Codes of what is no failure: the job waits for its turn, and looks again from time to time. */
export const isWait = (code: string | null | undefined): boolean => /\.waits-for-/.test(code ?? '');

/** UTC for everybody; the script adds the time of the reader's clock. */
export function timeOf(moment: Date | null | undefined, otherwise: string = '–'): Content {
  if (moment === null || moment === undefined) return otherwise;
  const iso = moment.toISOString();
  return markup`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** From `start` to `end`, or to now while there is no end. */
export function durationOf(start: Date | null, end: Date | null, now: number): string {
  if (start === null) return '–';
  return formatDuration(Math.max(0, (end?.getTime() ?? now) - start.getTime()));
}

export const jobPath = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`;
