import { describe, expect, test } from '@jest/globals';
import type { Job } from '../../../../src/cli/client/answers.ts';
import { errorLines, jobTable } from '../../../../src/cli/view/job.ts';
import { paints } from '../../../../src/cli/view/paint.ts';

const paint = paints(false);

const job = (changes: Partial<Job>): Job => ({
  job_id: 'job-20261123-023818.676-7e194b',
  job_type: 'migration',
  operation: 'replicate',
  queue: 'replicate',
  category: 'replication',
  status: 'running',
  dispatch_state: 'claimed',
  context_id: null,
  parent_job_id: null,
  percent_complete: 4,
  attempt: 2,
  max_attempts: 20,
  not_before: null,
  cancel_requested_at: null,
  error_code: 'session.host-busy',
  error_message: 'the ESXi host has 0 of 16 connections left',
  error_hint: null,
  created_at: '2026-11-23T02:38:18.676Z',
  started_at: '2026-11-23T02:38:18.900Z',
  completed_at: null,
  updated_at: '2026-11-23T02:38:42.000Z',
  ...changes,
});

describe('what a job met', () => {
  test.each<{ what: string; state: Partial<Job>; label: string; isListed: boolean }>([
    { what: 'is no error of its while it runs again', state: {}, label: 'Earlier', isListed: false },
    { what: 'is why it waits', state: { dispatch_state: 'retry_wait' }, label: 'Reason', isListed: true },
    { what: 'is why it failed', state: { status: 'failed' }, label: 'Error', isListed: true },
  ])('$what', ({ state, label, isListed }) => {
    const shown = job(state);
    expect(errorLines(shown, paint)).toEqual([
      `${label.padEnd(10)}the ESXi host has 0 of 16 connections left (session.host-busy)`,
    ]);
    const [, line = ''] = jobTable([shown], new Map(), { paint, width: 200 });
    expect(line.includes('session.host-busy')).toBe(isListed);
  });
});
