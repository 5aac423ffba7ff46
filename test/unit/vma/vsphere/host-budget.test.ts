import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HostBudget } from '../../../../src/vma/vsphere/host-budget.ts';

const share = (sessionId: string, disks: number, host = 'vc/host-1') => ({ sessionId, host, disks });

describe('connections to one ESXi host', () => {
  test('are shared by all sessions that read from it, and each leaves something for the next', () => {
    const budget = new HostBudget(16);
    expect(budget.take(share('a', 2))).toBe(4);
    expect(budget.take(share('b', 2))).toBe(2);
    expect(budget.take(share('c', 2))).toBe(1);
    expect(budget.take(share('d', 2))).toBe(1);
    expect(() => budget.take(share('e', 1))).toThrow('connections left');
    expect(budget.take(share('e', 1, 'vc/host-2'))).toBe(4);
  });

  test('are free again when a session ends, however often that is said', () => {
    const budget = new HostBudget(4);
    budget.take(share('a', 5));
    expect(() => budget.take(share('b', 1))).toThrow('has 0 of 4 connections left, 1 are needed');
    budget.release('a');
    budget.release('a');
    expect(budget.take(share('b', 1))).toBe(2);
  });

  test('of an earlier life of the process count as well', () => {
    const budget = new HostBudget(4);
    budget.restore(share('a', 2), 2);
    expect(() => budget.take(share('b', 1))).toThrow('connections left');
  });

  test('do not keep a VM of more disks than there are connections from being copied, alone', () => {
    const budget = new HostBudget(4);
    expect(budget.take(share('wide', 7))).toBe(1);
    expect(() => budget.take(share('b', 1))).toThrow('connections left');
  });

  test('are never given twice', () => {
    const step = fc.record({
      session: fc.integer({ min: 0, max: 9 }),
      disks: fc.integer({ min: 1, max: 5 }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
        const budget = new HostBudget(max);
        const given = new Map<string, number>();
        for (const { session, disks, ends } of steps) {
          const sessionId = `s${session}`;
          if (ends) {
            budget.release(sessionId);
            given.delete(sessionId);
          } else if (!given.has(sessionId)) {
            try {
              given.set(sessionId, budget.take(share(sessionId, disks)) * disks);
            } catch {
              // Nothing left: what was given must still fit.
            }
          }
          expect([...given.values()].reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(max);
        }
      }),
    );
  });
});
