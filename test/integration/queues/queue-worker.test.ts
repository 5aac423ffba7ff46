import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setLogLevel } from '../../../src/base/logger.ts';
import { openBoard } from '../../../src/queues/board.ts';
import { QueueWorker } from '../../../src/queues/queue-worker.ts';
import { PATIENCE_MS } from '../../support/ledger-lab.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const redis = testRedis();
let queue: Queue;

beforeAll(() => {
  setLogLevel('silent');
  queue = new Queue('maintenance', { connection: { url: redis.url.reveal() }, prefix: redis.prefix });
});
afterAll(() => queue.close());

function start(): { worker: QueueWorker; taken: string[] } {
  const taken: string[] = [];
  const take = (data: unknown): Promise<string> => {
    taken.push(String(data));
    return Promise.resolve('taken');
  };
  return { worker: new QueueWorker({ queue: 'maintenance', redis, name: 'w', concurrency: 2, take }), taken };
}

/** What a worker sees that has stopped taking: the same message waits at every look. */
const stuckDoorbell = { isReady: () => true, waitingIds: () => Promise.resolve(['stuck.1']) };

describe('the worker of one queue', () => {
  test('is replaced when a message waits at two looks and nothing was taken between them, and works on', async () => {
    const { worker, taken } = start();
    expect(await worker.probe(stuckDoorbell)).toBe(false);
    expect(await worker.probe(stuckDoorbell)).toBe(true);
    await queue.add('after', 'after', { priority: 1 });
    await until(() => taken.includes('after'), { withinMs: PATIENCE_MS, what: 'the new worker to take it' });
    await worker.close();
    worker.cut();

    expect(taken).toEqual(['after']);
  });

  test('is left alone while it takes messages, while nothing waits, and while Redis is away', async () => {
    const { worker, taken } = start();
    await worker.probe(stuckDoorbell);
    await queue.add('busy', 'busy', { priority: 1 });
    await until(() => taken.includes('busy'), { withinMs: PATIENCE_MS, what: 'the worker to take it' });

    expect(await worker.probe(stuckDoorbell)).toBe(false);
    expect(await worker.probe({ ...stuckDoorbell, waitingIds: () => Promise.resolve([]) })).toBe(false);
    expect(await worker.probe({ ...stuckDoorbell, isReady: () => false })).toBe(false);
    await worker.close();
    worker.cut();
  });
});

test('the board shows every queue, with what was in it', async () => {
  await using board = openBoard(redis);
  const names = board.queues.map((each) => each.name);
  expect(names).toContain('replicate');

  const maintenance = board.queues.find((each) => each.name === 'maintenance');
  expect(await maintenance?.getCompletedCount()).toBe(2);
});
