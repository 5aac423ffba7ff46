import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { AppError, cancelled, upstream, type ErrorKind, type Retry } from '../../../src/base/errors.ts';
import { HOUR } from '../../../src/base/units.ts';
import { leaseLost, shutdown } from '../../../src/queues/control.ts';
import { backoffMs, decide, type Standing } from '../../../src/queues/outcome.ts';

const backoff = { retryFirstMs: 5_000, retryMaxMs: 600_000, random: 0.5 };
const fresh: Standing = {
  attempt: 1,
  maxAttempts: 5,
  direction: 'forward',
  committed: false,
  undoable: [],
  runningMs: 1_000,
};
const spent = { ...fresh, attempt: 5 };
const error = (kind: ErrorKind, retry?: Retry): AppError => new AppError(kind, ['test.error', 'text'], { retry });

const kinds: ErrorKind[] = [
  'invalid-request',
  'not-allowed',
  'not-found',
  'conflict',
  'precondition',
  'busy',
  'upstream',
  'cancelled',
  'invariant',
];
const standings = fc.record({
  attempt: fc.integer({ min: 1, max: 25 }),
  maxAttempts: fc.integer({ min: 1, max: 20 }),
  direction: fc.constantFrom('forward' as const, 'undo' as const),
  committed: fc.boolean(),
  undoable: fc.constantFrom([], ['one'], ['two', 'one']),
  runningMs: fc.integer({ min: 0, max: 100 * HOUR }),
});
const errors = fc
  .tuple(fc.constantFrom(...kinds), fc.constantFrom<(Retry | undefined)[]>('never', 'backoff', 'later', undefined))
  .map(([kind, retry]) => error(kind, retry));

describe('the outcome table', () => {
  test.each([
    {
      title: 'an error that no retry can help fails the job',
      standing: fresh,
      thrown: error('precondition'),
      kind: 'fail',
    },
    { title: 'an error that passes is retried', standing: fresh, thrown: error('upstream'), kind: 'retry' },
    {
      title: 'an error that passes fails the job in its last attempt',
      standing: spent,
      thrown: error('upstream'),
      kind: 'fail',
    },
    { title: 'a busy far side is waited for', standing: spent, thrown: error('busy'), kind: 'retry' },
    { title: 'a cancel ends the job', standing: fresh, thrown: cancelled('job.cancelled', 'asked'), kind: 'cancel' },
    { title: 'a shutdown puts the job back', standing: fresh, thrown: shutdown(), kind: 'requeue' },
    { title: 'a lost lease writes nothing', standing: fresh, thrown: leaseLost('job'), kind: 'nothing' },
    {
      title: 'an unforeseen error is retried at first',
      standing: { ...fresh, attempt: 2 },
      thrown: error('invariant'),
      kind: 'retry',
    },
    {
      title: 'an unforeseen error fails the job at its third attempt',
      standing: { ...fresh, attempt: 3 },
      thrown: error('invariant'),
      kind: 'fail',
    },
    {
      title: 'a failure with steps behind it turns back',
      standing: { ...fresh, undoable: ['one'] },
      thrown: error('precondition'),
      kind: 'turn-back',
    },
    {
      title: 'a cancel with steps behind it turns back',
      standing: { ...fresh, undoable: ['one'] },
      thrown: cancelled('c.c', 'x'),
      kind: 'turn-back',
    },
    {
      title: 'after the point of no return nothing turns back',
      standing: { ...fresh, committed: true, undoable: ['one'] },
      thrown: error('precondition'),
      kind: 'fail',
    },
    {
      title: 'a cancel that arrives in the moment of turning back does not stop the undo',
      standing: { ...fresh, direction: 'undo' as const, undoable: ['one'] },
      thrown: cancelled('job.cancelled', 'asked'),
      kind: 'requeue',
    },
  ])('$title', ({ standing, thrown, kind }) => {
    expect(decide(standing, thrown, backoff)).toMatchObject({ kind });
  });

  test('waiting for something busy is free for a day, and then costs attempts like everything else', () => {
    expect(decide(fresh, error('busy'), backoff)).toMatchObject({ kind: 'retry', free: true });
    const old = { ...fresh, runningMs: 25 * HOUR };
    expect(decide(old, error('busy'), backoff)).toMatchObject({ kind: 'retry', free: false });
    expect(decide({ ...old, attempt: 5 }, error('busy'), backoff)).toMatchObject({ kind: 'fail' });
  });

  test('never forgets effects: no job with steps to undo ends, unless undoing failed or is forbidden', () => {
    fc.assert(
      fc.property(standings, errors, (standing, thrown) => {
        const decision = decide(standing, thrown, backoff);
        const ends = decision.kind === 'fail' || decision.kind === 'cancel';
        if (!ends || standing.undoable.length === 0) return;
        if (standing.direction === 'forward') expect(standing.committed).toBe(true);
        else expect(decision).toMatchObject({ kind: 'fail', error: { code: 'workflow.undo-incomplete' } });
      }),
    );
  });

  test('every job ends: with its attempts spent no error but a shutdown or a busy far side goes on for ever', () => {
    fc.assert(
      fc.property(standings, errors, (standing, thrown) => {
        const old = { ...standing, attempt: standing.maxAttempts, runningMs: 25 * HOUR };
        const { kind } = decide(old, thrown, backoff);
        expect(['fail', 'cancel', 'turn-back']).toContain(kind);
      }),
    );
  });

  test('a job turns back at most once', () => {
    fc.assert(
      fc.property(standings, errors, (standing, thrown) => {
        const { kind } = decide({ ...standing, direction: 'undo' }, thrown, backoff);
        expect(kind).not.toBe('turn-back');
      }),
    );
  });
});

describe('backoff', () => {
  test('stays within its bounds for every attempt and every jitter, and never shrinks by more than the jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const ms = backoffMs(attempt, { ...backoff, random });
          expect(ms).toBeGreaterThanOrEqual(backoff.retryFirstMs * 0.9);
          expect(ms).toBeLessThanOrEqual(backoff.retryMaxMs * 1.1);
          expect(backoffMs(attempt + 1, { ...backoff, random })).toBeGreaterThanOrEqual(ms);
        },
      ),
    );
  });

  test('an upstream error waits longer each time', () => {
    const delays = [1, 2, 3, 4].map((attempt) => decide({ ...fresh, attempt }, upstream('a.b', 'c'), backoff));
    expect(delays.map((decision) => (decision.kind === 'retry' ? decision.delayMs : -1))).toEqual([
      5_000, 10_000, 20_000, 40_000,
    ]);
  });
});
