import { expect, test } from '@jest/globals';
import { bullProcessor } from '../../../src/queues/work.ts';

test('the function given to BullMQ has exactly three formal parameters, or it would get no signal', () => {
  expect(bullProcessor({ take: () => Promise.resolve('') })).toHaveLength(3);
});
