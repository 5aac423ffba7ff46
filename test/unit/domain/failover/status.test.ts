import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import {
  FAILOVER_STATUSES,
  isActive,
  OUTCOME_NAMES,
  OUTCOMES,
  percentOf,
} from '../../../../src/domain/failover/status.ts';

describe('the status of a failover', () => {
  test('has a percent of its own on the way forward, and keeps the last one on the way back', () => {
    const percents = FAILOVER_STATUSES.map((status) => [status, percentOf(status)]);
    expect(Object.fromEntries(percents)).toEqual({
      pending: 0,
      validating: 10,
      snapshotting: 25,
      creating_vm: 50,
      switching_volume: 75,
      powering_on: 90,
      completed: 100,
      failed: null,
      cleanup: null,
      reverting: null,
    });
  });

  test('tells whether a job works on it', () => {
    expect(FAILOVER_STATUSES.filter((status) => !isActive(status))).toEqual(['completed', 'failed']);
  });

  test('ends in the way that docs/failover.md shows', async () => {
    const text = await readFile('docs/failover.md', 'utf8');
    const rows = text
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, name = '']) => OUTCOME_NAMES.some((known) => known === name))
      .map(([, name, jobTracking, failoverJobs, context, mode]) => [
        name,
        { jobTracking, failoverJobs, context, mode },
      ]);
    const known = Object.entries(OUTCOMES).map(([name, outcome]) => [
      name,
      { ...outcome, context: outcome.context ?? 'as before' },
    ]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(known));
  });
});
