import { expect, test } from '@jest/globals';
import { bullProcessor } from '../../../src/queues/queue-worker.ts';

test('the function given to BullMQ has exactly three formal parameters, or it would get no signal', () => {
  expect(bullProcessor(() => Promise.resolve(''))).toHaveLength(3);
});
