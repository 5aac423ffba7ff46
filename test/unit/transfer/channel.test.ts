import { expect, test } from '@jest/globals';
import { Channel } from '../../../src/transfer/channel.ts';

async function* numbers(count: number, onMade: (made: number) => void = () => undefined): AsyncGenerator<number> {
  for (let n = 1; n <= count; n += 1) {
    onMade(n);
    yield Promise.resolve(n);
  }
}

test('consumers share what the producer makes, each item once, and then nothing', async () => {
  const channel = new Channel<number>(3);
  void channel.fill(numbers(100));
  const taken: number[] = [];
  const consume = async (): Promise<void> => {
    for (let item = await channel.take(); item !== undefined; item = await channel.take()) taken.push(item);
  };
  await Promise.all([consume(), consume(), consume()]);
  expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
});

test('a producer never runs further ahead than the capacity', async () => {
  const channel = new Channel<number>(5);
  let made = 0;
  const filling = channel.fill(numbers(1000, (n) => (made = n)));
  for (let taken = 1; taken <= 50; taken += 1) {
    await channel.take();
    expect(made).toBeLessThanOrEqual(taken + 6);
  }
  channel.end();
  await filling;
});

test('an error of the producer reaches every consumer', async () => {
  async function* broken(): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    throw new Error('no more');
  }
  const channel = new Channel<number>(5);
  await channel.fill(broken());
  expect(await channel.take()).toBe(1);
  await expect(channel.take()).rejects.toThrow('no more');
  await expect(channel.take()).rejects.toThrow('no more');
});

test('an end wakes whoever waits', async () => {
  const channel = new Channel<number>(5);
  const waiting = [channel.take(), channel.take()];
  channel.end();
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
});
