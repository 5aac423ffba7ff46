import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { expireFailovers } from '../../../src/processors/expire-failovers.ts';
import { replicaIn } from '../../support/failover-scenarios.ts';
import { failOverOnce, liveFailover, placementOf, testFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { endsAskedFor, guestWrites, timeIsOver } from '../../support/rollbacks.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * The time of a failover is over, and the process that is about to end it is killed with kill -9 before each of its
 * statements, and when it has accepted the job and told nobody. The failover ends once, never twice, never not at all.
 */

jest.setTimeout(300_000);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** @returns the signal that ended it; null: it came through */
async function expireIn(env: Readonly<Record<string, string>>): Promise<string | null> {
  const main = join(process.cwd(), 'test/support/expiry-main.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal;
}

/** A failover that stands and whose time is over. */
async function overdue(options: FailoverOptions) {
  const replica = await replicaIn(lab);
  const { id: failoverJobId } = await failOverOnce(lab.stand, replica.contextId, options);
  await guestWrites(replica.vm);
  await timeIsOver(lab.stand.db, failoverJobId);
  return { ...replica, failoverJobId };
}

/** What whoever has survived does. @returns the job that ended the failover, the only one */
async function endedBySomebodyElse(ids: readonly string[]) {
  const { db, ledger } = lab.stand;
  await Promise.all([expireFailovers.submit(ledger), expireFailovers.submit(ledger)]);
  const [id = '', ...others] = await endsAskedFor(db);
  expect(others).toEqual([]);
  if (ids.length > 0) expect(ids).toEqual([id]);
  const job = await lab.stand.withWorker(() => lab.stand.ended(id));
  await expectJob(db, job, { status: 'completed' });
  await expireFailovers.submit(ledger);
  expect(await endsAskedFor(db)).toEqual([]);
}

describe('whenever the process dies that ends what has a time limit,', () => {
  test('a test failover is taken back, once', async () => {
    const it = await overdue(testFailover(lab.stand, { autoCleanup: true, testDurationMs: 3_600_000 }));
    const { db, env } = lab.stand;
    let [ids, deaths]: [string[], number] = [[], 0];
    while ((await expireIn({ ...env, TEST_DIES_AT: String(deaths + 1) })) !== null) {
      deaths += 1;
      const now = await endsAskedFor(db);
      // What was accepted stays, and is not accepted again.
      if (ids.length > 0) expect(now).toEqual(ids);
      expect(now.length).toBeLessThanOrEqual(1);
      ids = now;
    }
    // Two looks, begin, the job, the failover's rows, the commit.
    expect(deaths).toBeGreaterThan(6);
    expect(ids).toHaveLength(1);

    await endedBySomebodyElse(ids);

    expect(await findFailover(db, it.failoverJobId)).toMatchObject({ rolledBackBy: ids[0], testExpiresAt: null });
    expect(await placementOf(lab.stand, it.contextId)).toEqual(it.before);
    expect(await it.vm.wrongDisks()).toEqual([]);
  });

  test('a live failover that nobody decided about is made final, once, though nobody was told', async () => {
    const timer = { afterMs: 3_600_000, then: 'commit' } as const;
    const { contextId, failoverJobId } = await overdue(liveFailover(lab.stand, { commit: timer }));
    const { db, env } = lab.stand;
    const stands = await placementOf(lab.stand, contextId);

    expect(await expireIn({ ...env, TEST_DIES_AT: 'ring' })).toBe('SIGKILL');
    const ids = await endsAskedFor(db);
    expect(ids).toHaveLength(1);

    await endedBySomebodyElse(ids);

    expect(await placementOf(lab.stand, contextId)).toEqual({ ...stands, snapshots: 0, context: 'completed' });
    expect(await findFailover(db, failoverJobId)).toMatchObject({ status: 'completed', remaining: null });
  });
});
