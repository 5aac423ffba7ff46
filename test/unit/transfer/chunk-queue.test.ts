import { expect, test } from '@jest/globals';
import { ChunkQueue } from '../../../src/transfer/chunk-queue.ts';
import { RunQueue, type RunQueueOptions } from '../../../src/transfer/run-queue.ts';
import type { Chunk, Run } from '../../../src/transfer/plan-copy.ts';

/** Runs of data are cut into single bytes. */
const SHAPE = { lengthBytes: 1_000, blockBytes: 1, requestBytes: 1, targetBlockBytes: 1, targetIsLarger: false };

interface Pair {
  readonly runs: RunQueue;
  readonly queue: ChunkQueue;
}

function newQueue(options: Partial<RunQueueOptions> = {}): Pair {
  const runs = new RunQueue({ pieceBytes: Infinity, ...options });
  return { runs, queue: new ChunkQueue(runs, SHAPE) };
}

async function* runs(count: number, onMade: (made: number) => void = () => undefined): AsyncGenerator<Run> {
  for (let made = 1; made <= count; made += 1) {
    onMade(made);
    yield await Promise.resolve({ offset: (made - 1) * 3, length: 3, kind: 'data' as const });
  }
}

/** Whatever the queue has until it says that there is no more. */
async function drain(queue: ChunkQueue): Promise<Chunk[]> {
  const taken: Chunk[] = [];
  for (;;) {
    const chunk = queue.take();
    if (chunk !== undefined) taken.push(chunk);
    else if (!(await queue.more())) return taken;
  }
}

test('those who take share all chunks of all runs, each chunk once, and then hear that there is no more', async () => {
  const { runs: plan, queue } = newQueue();
  void plan.fill(runs(100));
  const taken = (await Promise.all([drain(queue), drain(queue), drain(queue)])).flat();
  expect(taken.map((chunk) => chunk.offset).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 300 }, (_, at) => at),
  );
});

test('one run that comes late wakes everybody who waits, for its chunks are for all of them', async () => {
  const { runs: plan, queue } = newQueue();
  const gate = Promise.withResolvers<void>();
  void plan.fill(
    (async function* () {
      await gate.promise;
      yield* runs(1);
    })(),
  );
  expect(queue.take()).toBeUndefined();
  const waiting = [queue.more(), queue.more(), queue.more()];
  gate.resolve();
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
  expect([queue.take(), queue.take(), queue.take()].map((chunk) => chunk?.offset)).toEqual([0, 1, 2]);
});

test('the planner never runs further ahead than the bound', async () => {
  const { runs: plan, queue } = newQueue();
  let made = 0;
  const filling = plan.fill(runs(5_000, (n) => (made = n)));
  let taken = 0;
  while (taken < 2_000 * 3) {
    if (queue.take() === undefined) expect(await queue.more()).toBe(true);
    else taken += 1;
    expect(made).toBeLessThanOrEqual(taken / 3 + 1_024 + 2);
  }
  queue.end();
  await filling;
});

test('an error of the planner reaches everybody, after what was planned before it', async () => {
  async function* broken(): AsyncGenerator<Run> {
    yield await Promise.resolve({ offset: 0, length: 1, kind: 'zero' as const });
    throw new Error('no more');
  }
  const { runs: plan, queue } = newQueue();
  await plan.fill(broken());
  expect(queue.take()).toEqual({ offset: 0, length: 1, kind: 'zero' });
  expect(queue.take()).toBeUndefined();
  await expect(queue.more()).rejects.toThrow('no more');
  await expect(queue.more()).rejects.toThrow('no more');
});

test('an end wakes whoever waits', async () => {
  const { queue } = newQueue();
  const waiting = [queue.more(), queue.more()];
  queue.end();
  await Promise.all(waiting);
  expect(await queue.more()).toBe(false);
});

test('carriers that share a plan get pieces of a long run, which end at the same places of the disk for all', async () => {
  const plan = new RunQueue({ pieceBytes: 8 });
  await plan.fill(
    (async function* () {
      yield await Promise.resolve({ offset: 5, length: 14, kind: 'data' as const });
      yield { offset: 30, length: 100, kind: 'zero' as const };
    })(),
  );
  const one = new ChunkQueue(plan, SHAPE);
  const other = new ChunkQueue(plan, SHAPE);
  expect([one.take(), other.take(), one.take(), one.take(), one.take()].map((chunk) => chunk?.offset)).toEqual([
    5, 8, 6, 7, 16,
  ]);
  expect((await drain(one)).map(({ offset, length }) => [offset, length])).toEqual([
    [17, 1],
    [18, 1],
    [30, 100],
  ]);
  expect((await drain(other)).map((chunk) => chunk.offset)).toEqual([9, 10, 11, 12, 13, 14, 15]);
});

test('a planner in another thread is asked for more only while few bytes wait', async () => {
  const { runs: plan } = newQueue({ bytesAheadMax: 10 });
  let made = 0;
  const filling = plan.fill(runs(100, (n) => (made = n)));
  for (let taken = 0; taken < 100; taken += 1) {
    while (plan.take() === undefined) expect(await plan.more()).toBe(true);
    expect(made * 3).toBeLessThanOrEqual(taken * 3 + 10 + 3 * 3);
  }
  await filling;
  expect(await plan.more()).toBe(false);
});
