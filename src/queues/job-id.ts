import { randomBytes } from 'node:crypto';
import type { IdPrefix } from './define-job.ts';

/** `<prefix>-YYYYMMDD-HHMMSS.mmm-xxxxxx` in UTC: sorts by time, and six random hex digits keep two apart. */
export function newJobId(prefix: IdPrefix, now: Date = new Date()): string {
  const [date = '', time = ''] = now.toISOString().slice(0, -1).split('T');
  return `${prefix}-${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${randomBytes(3).toString('hex')}`;
}

/** Id of the message in Redis: sending one generation twice is sending it once. */
export function messageId(job: { readonly id: string; readonly generation: number }): string {
  return `${job.id}.${job.generation}`;
}

/** The job that a message is about, or undefined for a message that is not ours. */
export function jobOfMessage(id: string): { readonly id: string; readonly generation: number } | undefined {
  const [, jobId, generation] = /^(.+)\.(\d+)$/.exec(id) ?? [];
  return jobId === undefined || generation === undefined ? undefined : { id: jobId, generation: Number(generation) };
}
