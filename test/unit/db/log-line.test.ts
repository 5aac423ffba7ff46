import { expect, test } from '@jest/globals';
import { logLineOf } from '../../../src/db/log-line.ts';

const TIME = '2026-01-14T09:30:00.123Z';

function line(fields: Record<string, unknown>): string {
  return JSON.stringify({ level: 'info', time: TIME, pid: 7, subsystem: 'worker', msg: 'disk copied', ...fields });
}

test('a line about a job keeps its facts under the names of the wire', () => {
  const row = logLineOf(line({ jobId: 'job-1', epoch: 3, diskId: 'disk-2000' }));
  expect(row).toMatchObject({ jobId: 'job-1', level: 'INFO', message: 'disk copied', ts: new Date(TIME) });
  expect(JSON.parse(row?.attrs ?? '')).toEqual({ subsystem: 'worker', epoch: 3, disk_id: 'disk-2000' });
});

test('of an error it keeps code, words and hint, not the stack', () => {
  const err = {
    type: 'AppError',
    code: 'vma.unreachable',
    message: 'vma does not answer',
    hint: 'look',
    stack: 'at x',
  };
  const row = logLineOf(line({ level: 'fatal', jobId: 'job-1', err }));
  expect(row?.level).toBe('ERROR');
  expect(JSON.parse(row?.attrs ?? '')).toEqual({
    subsystem: 'worker',
    code: 'vma.unreachable',
    error: 'vma does not answer',
    hint: 'look',
  });
});

test('a line of no job is none', () => {
  expect(logLineOf(line({}))).toBeUndefined();
  expect(logLineOf(line({ jobId: 4 }))).toBeUndefined();
  expect(logLineOf(line({ jobId: 'job-1', level: 'debug' }))).toBeUndefined();
});

test('a line is cut to what a person reads', () => {
  const long = 'x'.repeat(3_000);
  const row = logLineOf(line({ jobId: 'job-1', msg: long, reason: long, details: { long, again: [long] } }));
  expect(row?.message).toHaveLength(1_000);
  expect(JSON.parse(row?.attrs ?? '')).toEqual({
    subsystem: 'worker',
    reason: `${'x'.repeat(500)}...`,
    shortened: true,
  });
});
