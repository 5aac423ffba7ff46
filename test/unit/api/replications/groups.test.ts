import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Groups, type Limits, type Outcome } from '../../../../src/api/replications/groups.ts';

interface Call {
  readonly members: readonly string[];
  readonly waits: boolean;
  /** Ends it; every member is done unless said otherwise. */
  end(outcomes?: readonly Outcome<string>[]): Promise<void>;
}

const LIMITS: Limits = {
  groupMax: 3,
  groupsMax: 1,
  waitersMax: 2,
  membersMax: 20,
  groupMs: 60_000,
  beginMs: 60_000,
};

/** Lets everything that is due happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const stages: Call[][] = [];
/** What a test left under way would keep its timer. */
afterEach(async () => {
  for (const calls of stages.splice(0)) for (const call of calls) await call.end();
});

/** Members are called `key`, `key/anything` or `key+key`; the test ends each call of `run`. */
function stage(change: Partial<Limits> = {}): { groups: Groups<string, string>; calls: Call[] } {
  const calls: Call[] = [];
  stages.push(calls);
  const groups = new Groups<string, string>({
    limits: { ...LIMITS, ...change },
    keysOf: (member) => (member.split('/')[0] ?? '').split('+'),
    run: (members, { waits }) =>
      new Promise((resolve) => {
        const done = members.map((member) => ({ result: `${member} done` }));
        const end = async (outcomes: readonly Outcome<string>[] = done): Promise<void> => {
          resolve(outcomes);
          await settled();
        };
        calls.push({ members, waits, end });
      }),
  });
  return { groups, calls };
}

const membersOf = (calls: readonly Call[]): (readonly string[])[] => calls.map((call) => call.members);

describe('Groups', () => {
  test('who comes alone is a group of one, at once; who comes meanwhile is taken into the next together', async () => {
    const { groups, calls } = stage();
    const all = ['a', 'b', 'c', 'd', 'e'].map((member) => groups.enter(member));
    expect(membersOf(calls)).toEqual([['a']]);

    await calls[0]?.end();
    expect(membersOf(calls)).toEqual([['a'], ['b', 'c', 'd']]);
    await calls[1]?.end();
    await calls[2]?.end();
    expect(await Promise.all(all)).toEqual(['a done', 'b done', 'c done', 'd done', 'e done']);
    expect(groups.size).toBe(0);
  });

  test('as many groups as there may be are under way at a time', () => {
    const { groups, calls } = stage({ groupsMax: 2 });
    for (const member of ['a', 'b', 'c', 'd']) void groups.enter(member);

    expect(membersOf(calls)).toEqual([['a'], ['b']]);
  });

  test('two that share a key never share a group, nor two groups at a time; others pass them', async () => {
    const { groups, calls } = stage({ groupsMax: 2 });
    for (const member of ['a/1', 'a/2', 'b/1', 'a/3', 'b/2', 'c/1']) void groups.enter(member);
    expect(membersOf(calls)).toEqual([['a/1'], ['b/1']]);

    await calls[1]?.end();
    expect(membersOf(calls.slice(2))).toEqual([['b/2', 'c/1']]);
    await calls[0]?.end();
    expect(membersOf(calls.slice(3))).toEqual([['a/2']]);
    await calls[3]?.end();
    expect(membersOf(calls.slice(4))).toEqual([['a/3']]);
  });

  test('nobody passes who came before and wants one of the same keys, though that one waits for another', async () => {
    const { groups, calls } = stage();
    for (const member of ['a/1', 'a+b', 'b/1', 'c/1']) void groups.enter(member);
    await calls[0]?.end();
    expect(membersOf(calls.slice(1))).toEqual([['a+b', 'c/1']]);
    await calls[1]?.end();
    expect(membersOf(calls.slice(2))).toEqual([['b/1']]);

    const late = stage({ groupsMax: 2 });
    for (const member of ['a/1', 'a+b', 'b/1', 'c/1']) void late.groups.enter(member);
    expect(membersOf(late.calls)).toEqual([['a/1'], ['c/1']]);
  });

  test('a refusal is its member’s own', async () => {
    const { groups, calls } = stage();
    const all = Promise.allSettled(['first', 'b', 'c', 'd'].map((member) => groups.enter(member)));
    await calls[0]?.end();
    await calls[1]?.end([{ result: 'yes' }, { error: new Error('no') }, { result: 'yes' }]);

    expect((await all).map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  test('members of a spoiled group go again one by one, before who came later, and keep their keys', async () => {
    const { groups, calls } = stage();
    const first = groups.enter('first');
    const all = ['a', 'b', 'c', 'a/later', 'd'].map((member) => groups.enter(member));
    await calls[0]?.end();
    await calls[1]?.end(['a', 'b', 'c'].map(() => ({ again: 'alone' })));

    expect(calls[2]?.members).toEqual(['a']);
    await calls[2]?.end();
    await calls[3]?.end();
    await calls[4]?.end();
    expect(membersOf(calls.slice(2, 5))).toEqual([['a'], ['b'], ['c']]);
    expect(calls.slice(2, 5).every((call) => !call.waits)).toBe(true);
    expect(calls[5]?.members).toEqual(['a/later', 'd']);
    await calls[5]?.end();
    await Promise.all([first, ...all]);
  });

  test('who must wait for somebody outside waits beside the groups, and no more than a few at a time', async () => {
    const { groups, calls } = stage();
    const all = ['x', 'a', 'b', 'c', 'd'].map((member) => groups.enter(member));
    await calls[0]?.end();
    await calls[1]?.end(['a', 'b', 'c'].map(() => ({ again: 'waiting' })));

    const running = calls.slice(2);
    expect(running.filter((call) => call.waits).map((call) => call.members)).toEqual([['a'], ['b']]);
    expect(running.filter((call) => !call.waits).map((call) => call.members)).toEqual([['d']]);
    await running.find((call) => call.members[0] === 'a')?.end();
    expect(calls.at(-1)).toMatchObject({ members: ['c'], waits: true });
    for (const call of calls.slice(2)) await call.end();
    await Promise.all(all);
  });

  test('who comes when the most that may wait do so is refused, and nothing else changes', async () => {
    const { groups, calls } = stage({ membersMax: 2 });
    const all = ['a', 'b'].map((member) => groups.enter(member));

    await expect(groups.enter('c')).rejects.toMatchObject({ code: 'replication.overloaded', kind: 'busy' });
    await calls[0]?.end();
    await calls[1]?.end();
    await Promise.all(all);
    const later = groups.enter('c');
    await calls[2]?.end();
    expect(await later).toBe('c done');
  });

  test('a group that hangs holds up the next one for a while only, and still counts when it ends', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const { groups, calls } = stage({ groupMs: 5_000 });
      const hanging = groups.enter('a');
      const others = [groups.enter('a/later'), groups.enter('b')];
      jest.advanceTimersByTime(4_999);
      expect(membersOf(calls)).toEqual([['a']]);

      jest.advanceTimersByTime(1);
      // Its key stays taken: it may still happen.
      expect(membersOf(calls)).toEqual([['a'], ['b']]);
      await calls[1]?.end();
      await calls[0]?.end();
      expect(await hanging).toBe('a done');
      expect(calls[2]?.members).toEqual(['a/later']);
      await calls[2]?.end();
      await Promise.all(others);
      expect(groups.size).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('who could not be begun in time is refused instead of begun for nobody', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const { groups, calls } = stage({ beginMs: 1_000 });
      const first = groups.enter('a');
      const late = groups.enter('b');
      jest.advanceTimersByTime(1_001);
      const inTime = groups.enter('c');
      await calls[0]?.end();

      await expect(late).rejects.toMatchObject({ code: 'db.unreachable' });
      expect(membersOf(calls)).toEqual([['a'], ['c']]);
      await calls[1]?.end();
      await Promise.all([first, inTime]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('a run that throws is the answer of all its members, and the next group is taken', async () => {
    const groups = new Groups<string, string>({
      limits: LIMITS,
      keysOf: (member) => [member],
      run: (members) =>
        members.includes('bad') ? Promise.reject(new Error('broken')) : Promise.resolve([{ result: 'fine' }]),
    });
    await expect(groups.enter('bad')).rejects.toThrow('broken');
    expect(await groups.enter('good')).toBe('fine');
  });

  test('close waits for everybody who has entered', async () => {
    const { groups, calls } = stage();
    const all = ['a', 'b'].map((member) => groups.enter(member));
    let isClosed = false;
    const closing = groups.close().then(() => (isClosed = true));
    await calls[0]?.end();
    expect(isClosed).toBe(false);
    await calls[1]?.end();
    await closing;
    await Promise.all(all);
    await groups.close();
  });

  test('whatever comes and whatever becomes of it, each member gets exactly one outcome and no key is used twice at a time', async () => {
    const member = fc.record({
      key: fc.integer({ min: 0, max: 5 }),
      fate: fc.constantFrom('done', 'refused', 'alone', 'waiting', 'alone then refused'),
      pause: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 40 }), async (members) => {
        const busy = new Set<number>();
        let atOnce = 0;
        const groups = new Groups<(typeof members)[number], string>({
          limits: { ...LIMITS, groupsMax: 2, membersMax: 100 },
          keysOf: ({ key }) => [String(key)],
          run: async (group, { waits }) => {
            for (const { key } of group) expect(busy.has(key)).toBe(false);
            for (const { key } of group) busy.add(key);
            expect(group.length).toBeLessThanOrEqual(waits ? 1 : LIMITS.groupMax);
            if (!waits) atOnce += 1;
            expect(atOnce).toBeLessThanOrEqual(2);
            await settled();
            if (!waits) atOnce -= 1;
            for (const { key } of group) busy.delete(key);
            return group.map(({ fate }): Outcome<string> => {
              if (fate === 'waiting' && !waits) return { again: 'waiting' };
              if (fate.startsWith('alone') && group.length > 1) return { again: 'alone' };
              return fate.endsWith('refused') ? { error: new Error(fate) } : { result: fate };
            });
          },
        });
        const entered: Promise<string>[] = [];
        for (const one of members) {
          const outcome = groups.enter(one);
          outcome.catch(() => undefined);
          entered.push(outcome);
          if (one.pause) await settled();
        }
        const ended = await Promise.allSettled(entered);
        expect(ended.map(({ status }) => status)).toEqual(
          members.map(({ fate }) => (fate.endsWith('refused') ? 'rejected' : 'fulfilled')),
        );
        expect(groups.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
