import { describe, expect, test } from '@jest/globals';
import { GiB, MiB } from '../../../../src/base/units.ts';
import { openDisplay } from '../../../../src/cli/follow/display.ts';
import type { FeedEvent } from '../../../../src/cli/follow/feed.ts';
import { until } from '../../../support/until.ts';
import { ScreenTerminal } from '../../../support/terminal.ts';

const jobId = 'job-20260114-093000.123-a1b2c3';

const job = (change: object = {}): FeedEvent => ({
  kind: 'job',
  data: {
    job_id: jobId,
    parent_job_id: null,
    operation: 'replicate',
    queue: 'replicate',
    context_id: 'ctx-web01',
    status: 'running',
    dispatch_state: 'claimed',
    percent_complete: 10,
    attempt: 1,
    max_attempts: 20,
    not_before: null,
    cancel_requested_at: null,
    error_code: null,
    error_message: null,
    error_hint: null,
    created_at: '2026-01-14T09:30:00.000Z',
    started_at: '2026-01-14T09:30:01.000Z',
    completed_at: null,
    ...change,
  },
});

const failed = job({
  status: 'failed',
  completed_at: '2026-01-14T09:31:31.000Z',
  error_code: 'vma.unreachable',
  error_message: 'the VMA does not answer',
  error_hint: 'check that the VMA runs',
});

const progress: FeedEvent = {
  kind: 'progress',
  data: {
    job_id: jobId,
    status: 'running',
    percent: 62.5,
    current_operation: 'Copying',
    bytes_transferred: 5 * GiB,
    total_bytes: 8 * GiB,
    current_bps: 112 * MiB,
    average_bps: 100 * MiB,
    eta_seconds: 27,
    disks: [
      {
        disk_id: 'disk-2000',
        label: 'Hard disk 1',
        percent: 62.5,
        bytes_transferred: 5 * GiB,
        total_bytes: 8 * GiB,
        status: 'copying',
      },
    ],
  },
};

const log = (level: string): FeedEvent => ({
  kind: 'log',
  data: { id: 1, job_id: jobId, level, message: `said ${level}`, attrs: null, ts: '2026-01-14T09:30:05.000Z' },
});

const lost: FeedEvent = { kind: 'lost', data: { reason: 'lost the event stream: it broke', retry_in_ms: 500 } };

describe('on a terminal', () => {
  test('a job has a line and a bar per disk, and what ended scrolls away above', async () => {
    const terminal = new ScreenTerminal({ width: 120 });
    const display = openDisplay(terminal, false);
    display.add(jobId, 'web01');
    display.show(job(), jobId);
    display.show(progress, jobId);
    await until(() => terminal.lines.length === 2, { withinMs: 60_000, what: 'the bars' });
    expect(terminal.lines[0]).toMatch(
      /^web01 {2}job-20260114-093000.123-a1b2c3 {2}running, 62.5 %, Copying, 5.0 GiB sent of/,
    );
    expect(terminal.lines[1]).toMatch(/^ {2}disk-2000 Hard disk 1 {2}█+░+ {3}62.5 % {2}5.0 GiB sent of 8.0 GiB$/);

    display.show(log('INFO'), jobId);
    display.show(log('WARN'), jobId);
    display.show(failed, jobId);
    display.close();
    expect(terminal.lines.map((line) => line.replace(/^.*WARN {2}/, 'WARN '))).toEqual([
      'WARN said WARN',
      `web01: ${jobId} failed after 1 min 30 s, 5.0 GiB copied`,
      '  Error     the VMA does not answer (vma.unreachable)',
      '  Hint      check that the VMA runs',
    ]);
    expect(terminal.watchers).toBe(0);
  });

  test('a narrow terminal still shows the VM and how far it is', () => {
    const terminal = new ScreenTerminal({ width: 40 });
    const display = openDisplay(terminal, false);
    display.add(jobId, 'web01');
    display.show(job(), jobId);
    display.show(progress, jobId);
    display.close();

    expect(terminal.lines[0]).toMatch(/^web01 {2}running, 62.5 %/);
    for (const line of terminal.lines) expect(line.length).toBeLessThan(40);
  });

  test('a lost connection is told below, until something is heard again', async () => {
    const terminal = new ScreenTerminal({ width: 110 });
    const display = openDisplay(terminal, false);
    display.add(jobId, 'web01');
    display.show(lost, jobId);
    await until(() => terminal.lines.at(-1)?.includes('trying again in 0.5 s'), {
      withinMs: 60_000,
      what: 'the notice',
    });
    display.show(job(), jobId);
    display.close();

    expect(terminal.lines).toHaveLength(1);
  });

  test('a name cannot take over the terminal', () => {
    const terminal = new ScreenTerminal({ width: 110 });
    const display = openDisplay(terminal, false);
    display.add(jobId, 'web\u001b[2J01');
    display.show(job(), jobId);
    display.close();

    expect(terminal.lines[0]).toContain('web\\x1b[2J01');
  });
});

describe('elsewhere', () => {
  test('there is a line per change of state, not one per report', () => {
    const terminal = new ScreenTerminal({ width: Infinity, isLive: false });
    const display = openDisplay(terminal, false);
    display.add(jobId, 'web01');
    for (let times = 0; times < 20; times += 1) {
      display.show(job(), jobId);
      display.show(progress, jobId);
    }
    display.show(lost, jobId);
    display.show(lost, jobId);
    display.show(failed, jobId);
    display.close();

    expect(terminal.lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d web01: running, 10 %$/);
    expect(terminal.lines.slice(1)).toEqual([
      `web01: ${jobId} failed after 1 min 30 s, 5.0 GiB copied`,
      '  Error     the VMA does not answer (vma.unreachable)',
      '  Hint      check that the VMA runs',
    ]);
    expect(terminal.errors).toHaveLength(1);
  });

  test('children of a job are not told apart from it', () => {
    const terminal = new ScreenTerminal({ width: Infinity, isLive: false });
    const display = openDisplay(terminal, false);
    display.show(job({ job_id: 'volume-1', parent_job_id: jobId }), undefined);

    expect(terminal.lines).toEqual([]);
  });

  test('a program gets every event as one line of JSON', () => {
    const terminal = new ScreenTerminal({ width: Infinity, isLive: false });
    const display = openDisplay(terminal, true);
    display.add(jobId, 'web01');
    for (const event of [job(), progress, lost, failed]) display.show(event, jobId);
    display.show({ kind: 'end', data: {} }, jobId);
    display.close();

    const events = terminal.raw
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).toEqual(['job', 'progress', 'lost', 'job', 'end']);
    expect(events.every(({ job_id: id }) => id === jobId)).toBe(true);
    expect(events[1]?.['data']).toMatchObject({ percent: 62.5 });
  });
});
