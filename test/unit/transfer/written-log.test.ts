import { describe, expect, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import type { BlockDevice } from '../../../src/transfer/block-device.ts';
import type { Chunk } from '../../../src/transfer/plan-copy.ts';
import { WrittenLog } from '../../../src/transfer/written-log.ts';

const chunkAt = (offset: number): Chunk => ({ offset, length: 1, kind: 'data' });

/** A log over a target whose FLUSH does what `during` says, and a way to acknowledge chunks. */
function newLog(during: () => Promise<void> = () => Promise.resolve()) {
  const target = { restarts: 0, flush: () => during() };
  const counter = { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0 };
  const log = new WrittenLog(target as unknown as BlockDevice, counter);
  const add = (offset: number, epoch = log.epoch): void =>
    log.add({ chunk: chunkAt(offset), epoch, bytesCopied: 1, bytesZeroed: 0, bytesSkipped: 0, hash: undefined });
  return { log, target, counter, add };
}

const offsetsOf = (chunks: readonly { chunk: Chunk }[]): number[] => chunks.map(({ chunk }) => chunk.offset);

describe('a log of what was written', () => {
  test('covers by a FLUSH what was acknowledged before it, and nothing that came while it ran', async () => {
    const { log, add, counter } = newLog(() => Promise.resolve(add(3)));
    add(1);
    add(2);
    const first = await log.flush();
    expect([first.isGood, offsetsOf(first.chunks)]).toEqual([true, [1, 2]]);
    log.settle(true);
    expect(offsetsOf((await log.flush()).chunks)).toEqual([3]);
    expect(log.redo).toEqual([]);
    expect(counter.bytesCopied).toBe(4);
  });

  test('does again what was begun before the target was lost, although it was acknowledged after that', async () => {
    const { log, target, add, counter } = newLog();
    const before = log.epoch;
    add(1);
    target.restarts += 1;
    add(2, before);
    add(3);
    const flushed = await log.flush();
    expect([flushed.isGood, offsetsOf(flushed.chunks), flushed.stale]).toEqual([true, [3], 2]);
    expect(log.redo).toEqual([chunkAt(1), chunkAt(2)]);
    expect([counter.bytesCopied, log.putBack]).toEqual([1, 2]);
  });

  test('trusts no FLUSH during which the target was lost', async () => {
    const { log, target, add } = newLog(() => Promise.resolve(void (target.restarts += 1)));
    add(1);
    expect(await log.flush()).toMatchObject({ isGood: false });
    log.settle(false);
    expect(log.redo).toEqual([chunkAt(1)]);
  });

  test('does again what a FLUSH that failed was to cover, and what was begun before that was known', async () => {
    const error = upstream('nbd.io-error', 'lost');
    const outcomes = [() => Promise.reject(error), () => Promise.resolve()];
    const { log, add } = newLog(() => outcomes.shift()?.() ?? Promise.resolve());
    const before = log.epoch;
    add(1);
    expect(await log.flush()).toMatchObject({ isGood: false, error });
    log.settle(false);
    expect(log.redo.splice(0)).toEqual([chunkAt(1)]);
    add(2, before);
    add(3);
    expect(offsetsOf((await log.flush()).chunks)).toEqual([3]);
    expect(log.redo).toEqual([chunkAt(2)]);
  });
});
