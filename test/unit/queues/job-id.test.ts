import { describe, expect, test } from '@jest/globals';
import { jobOfMessage, messageId, newJobId } from '../../../src/queues/job-id.ts';

describe('job ids', () => {
  test('carry their prefix and their time in UTC', () => {
    const id = newJobId('job', new Date('2026-11-22T03:04:05.006Z'));
    expect(id).toMatch(/^job-20261122-030405\.006-[0-9a-f]{6}$/);
  });

  test('come back from the id of a message with their generation, whatever dots they hold', () => {
    const id = newJobId('volume');
    expect(jobOfMessage(messageId({ id, generation: 12 }))).toEqual({ id, generation: 12 });
    expect(jobOfMessage('repeat:something')).toBeUndefined();
  });
});
