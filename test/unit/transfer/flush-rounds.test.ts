import { describe, expect, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import type { BlockDevice, ByteRange } from '../../../src/transfer/block-device.ts';
import type { CopyCheckpoint, CopyCounter } from '../../../src/transfer/copy-options.ts';
import { FlushRounds, type FlushParty, type PartyFlushed } from '../../../src/transfer/flush-rounds.ts';
import { PlanGaps } from '../../../src/transfer/plan-gaps.ts';
import { until } from '../../support/until.ts';

const NOTHING = { bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, stale: 0, losses: 0 };

/** A party whose flushes end as the test says; counts as having redo what a round put back. */
class Party implements FlushParty {
  readonly settled: boolean[] = [];
  hasRedo = false;
  readonly #outcomes: Partial<PartyFlushed>[];

  constructor(...outcomes: Partial<PartyFlushed>[]) {
    this.#outcomes = outcomes;
  }

  flush(): Promise<PartyFlushed> {
    return Promise.resolve({ isGood: true, ranges: [], ...NOTHING, ...this.#outcomes.shift() });
  }

  settle(isKept: boolean): void {
    this.settled.push(isKept);
    this.hasRedo = !isKept;
  }
}

const covers = (offset: number, length: number): Partial<PartyFlushed> => ({
  ranges: [{ offset, length }],
  bytesCopied: length,
});

interface Made {
  readonly rounds: FlushRounds;
  readonly saved: { ranges: readonly ByteRange[]; copied: number; skipped: number }[];
  readonly failures: unknown[];
}

function newRounds(
  parties: readonly Party[],
  of: { counter?: Partial<CopyCounter>; canFlush?: boolean; save?: CopyCheckpoint['save']; gaps?: PlanGaps } = {},
): Made & { readonly target: { restarts: number } } {
  const saved: Made['saved'][number][] = [];
  const failures: unknown[] = [];
  const target = { name: 'target', restarts: 0, features: { canFlush: of.canFlush ?? true } };
  const rounds = new FlushRounds({
    parties,
    target: target as unknown as BlockDevice,
    counter: { bytesTotal: 0, bytesCopied: 0, bytesZeroed: 0, bytesSkipped: 0, bytesResumed: 0, ...of.counter },
    checkpoint: {
      done: [],
      save: (ranges, totals) => {
        saved.push({ ranges, copied: totals.bytesCopied, skipped: totals.bytesSkipped });
        return of.save?.(ranges, totals) ?? Promise.resolve();
      },
    },
    gaps: of.gaps ?? new PlanGaps(),
    fail: (error) => failures.push(error),
  });
  return { rounds, saved, failures, target };
}

describe('a round of flushes', () => {
  test('that all parties end well is one checkpoint of what all of them wrote', async () => {
    const { rounds, saved } = newRounds([new Party(covers(0, 4)), new Party(covers(4, 4), covers(16, 8))], {
      counter: { bytesResumed: 100 },
    });
    expect(await rounds.finish()).toBe(true);
    expect(await rounds.finish()).toBe(true);
    expect(saved).toEqual([
      { ranges: [{ offset: 0, length: 8 }], copied: 8, skipped: 100 },
      { ranges: [{ offset: 16, length: 8 }], copied: 16, skipped: 100 },
    ]);
    await rounds.stop();
  });

  test.each([
    ['a FLUSH failed', { isGood: false, error: upstream('nbd.io-error', 'lost') }],
    ['the target was lost meanwhile', { isGood: false }],
  ])('in which %s for one party is kept by none of them', async (_why, bad) => {
    const parties = [new Party(covers(0, 4)), new Party({ ...covers(4, 4), ...bad })];
    const { rounds, saved } = newRounds(parties);
    expect(await rounds.finish()).toBe(false);
    expect(saved).toEqual([]);
    expect(parties.map((party) => party.settled)).toEqual([[false], [false]]);
    await rounds.stop();
  });

  test('tells stretches that cover the gaps before what is done, so that scattered areas become few', async () => {
    const gaps = new PlanGaps();
    for (const offset of [100, 200, 300]) gaps.planned({ kind: 'data', offset, length: 10 });
    const { rounds, saved } = newRounds([new Party(covers(300, 10)), new Party(covers(100, 10), covers(200, 10))], {
      gaps,
    });
    await rounds.finish();
    await rounds.finish();
    expect(saved.map(({ ranges }) => ranges)).toEqual([
      [
        { offset: 0, length: 110 },
        { offset: 210, length: 100 },
      ],
      [{ offset: 110, length: 100 }],
    ]);
    await rounds.stop();
  });

  test('is not the end while somebody has something to do again', async () => {
    const party = new Party(covers(0, 4));
    const { rounds, saved } = newRounds([party]);
    party.settle = () => (party.hasRedo = true);
    expect(await rounds.finish()).toBe(false);
    expect(saved).toHaveLength(1);
    await rounds.stop();
  });

  test('that brings nothing five times in a row ends the copy with the error of the FLUSH', async () => {
    const bad = { isGood: false, error: upstream('nbd.io-error', 'the disk is gone') };
    const { rounds } = newRounds([new Party(bad, bad, bad, bad, bad), new Party()]);
    for (let round = 1; round < 5; round += 1) expect(await rounds.finish()).toBe(false);
    await expect(rounds.finish()).rejects.toMatchObject({ code: 'nbd.io-error' });
    await rounds.stop();
  });

  test('in the background tells its failure, and the checkpoint that cannot be stored', async () => {
    const { rounds, failures } = newRounds([new Party(covers(0, 4))], {
      save: () => Promise.reject(new Error('no space')),
    });
    rounds.request();
    await until(() => failures.length > 0, { withinMs: 10_000, what: 'the failure' });
    await rounds.stop();
    expect(failures).toEqual([new Error('no space')]);
  });

  test('stores nothing any more after it was stopped', async () => {
    const gate = Promise.withResolvers<PartyFlushed>();
    const party = new Party();
    party.flush = () => gate.promise;
    const { rounds, saved } = newRounds([party]);
    rounds.request();
    const stopped = rounds.stop();
    gate.resolve({ isGood: true, ...NOTHING, ranges: [{ offset: 0, length: 4 }] });
    await stopped;
    expect(saved).toEqual([]);
  });
});

test('a target that cannot flush is trusted until it is lost once', async () => {
  const { rounds, target, saved } = newRounds([new Party()], { canFlush: false });
  expect(await rounds.finish()).toBe(true);
  target.restarts = 1;
  await expect(rounds.finish()).rejects.toMatchObject({ code: 'transfer.target-restarted' });
  expect(saved).toEqual([]);
  await rounds.stop();
});
