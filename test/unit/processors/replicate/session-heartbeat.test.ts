import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { conflict, notFound, upstream } from '../../../../src/base/errors.ts';
import { workerLog } from '../../../../src/base/logger.ts';
import { MINUTE } from '../../../../src/base/units.ts';
import { keepSession } from '../../../../src/processors/replicate/session-heartbeat.ts';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

/** The VMA answers with these, one after another, and the last one from then on. */
async function after(minutes: number, ...answers: readonly (Error | undefined)[]) {
  const asked: string[] = [];
  const heartbeat = (id: string): Promise<unknown> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(id);
    return answer === undefined ? Promise.resolve() : Promise.reject(answer);
  };
  const beating = keepSession(
    { run: { epoch: 3, log: workerLog }, deps: { vma: { heartbeat } } },
    { session_id: 'src-1' },
  );
  await jest.advanceTimersByTimeAsync(minutes * MINUTE);
  await beating[Symbol.asyncDispose]();
  return { asked: asked.length, lost: beating.lost };
}

describe('the heartbeat of a source session', () => {
  test('goes on while the VMA answers, and while it is away', async () => {
    const { asked, lost } = await after(10, undefined, upstream('vma.unreachable', 'away'), undefined);
    expect(asked).toBe(30);
    expect(lost.aborted).toBe(false);
  });

  test('ends the copy for another attempt when the session is gone', async () => {
    const { asked, lost } = await after(10, undefined, notFound('session.unknown', 'gone'));
    expect(asked).toBe(2);
    expect(lost.reason).toMatchObject({ code: 'source.session-lost', retry: 'backoff' });
  });

  test('ends the job with the reason for which the VMA ended the session', async () => {
    const full = conflict('session.ended-for-space', 'datastore ds1 has only 1 GiB free', { hint: 'free space' });
    const { lost } = await after(10, full);
    expect(lost.reason).toMatchObject({ code: 'session.ended-for-space', retry: 'never', hint: 'free space' });
  });
});
