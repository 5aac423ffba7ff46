import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/base/clock.ts';
import { queueLog } from '../../../src/base/logger.ts';
import { renewLeases } from '../../../src/db/stores/job-lease.ts';
import { Claim } from '../../../src/queues/job-run.ts';
import { Lease } from '../../../src/queues/lease.ts';
import { LedgerLab, TEST_TIMING } from '../../support/ledger-lab.ts';

/** A row that its own job writes to so often that no heartbeat finds it free. */

let lab: LedgerLab;
beforeAll(async () => {
  lab = await LedgerLab.open();
});
afterAll(() => lab[Symbol.asyncDispose]());

const NEARLY_OVER_S = 10;
const time = { ms: 0 };
const clock: Clock = { now: () => time.ms, monotonic: () => time.ms };
let jobId: string;
let lease: Lease;
let claim: Claim;
beforeEach(async () => {
  time.ms = 0;
  jobId = await lab.submit({ do: 'wait', gate: 'never' });
  await lab
    .db('job_tracking')
    .where('id', jobId)
    .update({
      status: 'running',
      dispatch_state: 'claimed',
      lease_owner: 'test',
      lease_epoch: 1,
      lease_expires_at: lab.db.raw('NOW(6) + INTERVAL ? SECOND', [NEARLY_OVER_S]),
    });
  const log = queueLog.child({}, { level: 'silent' });
  lease = new Lease({ jobId, epoch: 1, log }, TEST_TIMING, { clock, startedAtMs: 0 });
  claim = new Claim(lab.ledger, lease, await lab.job(jobId));
});

afterEach(() => lease.end());

async function isRenewed(): Promise<boolean> {
  const [row] = await lab
    .db('job_tracking')
    .where('id', jobId)
    .select<{ left: number }[]>(lab.db.raw('TIMESTAMPDIFF(SECOND, NOW(6), lease_expires_at) AS `left`'));
  return Number(row?.left) > NEARLY_OVER_S;
}

test('a heartbeat passes by a row that is being written to, and the write renews the lease in its place', async () => {
  time.ms = TEST_TIMING.trustMs - 1;
  await claim.fenced(async () => {
    const { renewed, lost } = await renewLeases(lab.db, [lease], TEST_TIMING.leaseMs);
    expect([renewed, lost]).toEqual([[], []]);
  });
  await expect(isRenewed()).resolves.toBe(true);
  time.ms += TEST_TIMING.trustMs - 1;
  expect(() => lease.assertTrusted()).not.toThrow();
});

test('a write that is taken back renews nothing, and none does while heartbeats come', async () => {
  time.ms = TEST_TIMING.heartbeatMs;
  await claim.fenced(() => Promise.resolve());
  await expect(isRenewed()).resolves.toBe(false);
  time.ms = TEST_TIMING.trustMs - 1;
  await expect(claim.fenced(() => Promise.reject(new Error('taken back')))).rejects.toThrow('taken back');
  await expect(isRenewed()).resolves.toBe(false);
  time.ms = TEST_TIMING.trustMs;
  expect(() => lease.assertTrusted()).toThrow('does not hold job');
});

test('a write whose lease has run out for the others does not bring it back', async () => {
  time.ms = TEST_TIMING.trustMs - 1;
  await lab
    .db('job_tracking')
    .where('id', jobId)
    .update({ lease_expires_at: lab.db.raw('NOW(6)') });
  await expect(claim.fenced(() => Promise.resolve())).rejects.toMatchObject({ code: 'job.lease-lost' });
  await expect(isRenewed()).resolves.toBe(false);
});
