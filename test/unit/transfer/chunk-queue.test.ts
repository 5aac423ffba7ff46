import { expect, test } from '@jest/globals';
import { ChunkQueue } from '../../../src/transfer/chunk-queue.ts';
import type { Chunk, Run } from '../../../src/transfer/plan-copy.ts';

/** Each run is cut into single bytes. */
const newQueue = (): ChunkQueue =>
  new ChunkQueue(function* (run) {
    for (let at = 0; at < run.length; at += 1) yield { offset: run.offset + at, length: 1, kind: run.kind };
  });

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
  const queue = newQueue();
  void queue.fill(runs(100));
  const taken = (await Promise.all([drain(queue), drain(queue), drain(queue)])).flat();
  expect(taken.map((chunk) => chunk.offset).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 300 }, (_, at) => at),
  );
});

test('one run that comes late wakes everybody who waits, for its chunks are for all of them', async () => {
  const queue = newQueue();
  const gate = Promise.withResolvers<void>();
  void queue.fill(
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
  const queue = newQueue();
  let made = 0;
  const filling = queue.fill(runs(5_000, (n) => (made = n)));
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
  const queue = newQueue();
  await queue.fill(broken());
  expect(queue.take()).toEqual({ offset: 0, length: 1, kind: 'zero' });
  expect(queue.take()).toBeUndefined();
  await expect(queue.more()).rejects.toThrow('no more');
  await expect(queue.more()).rejects.toThrow('no more');
});

test('an end wakes whoever waits', async () => {
  const queue = newQueue();
  const waiting = [queue.more(), queue.more()];
  queue.end();
  await Promise.all(waiting);
  expect(await queue.more()).toBe(false);
});
