import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/base/clock.ts';
import type { LedgerConfig } from '../../../src/config/config.ts';
import { queueLog } from '../../../src/base/logger.ts';
import { cancelRequested, shutdown } from '../../../src/queues/control.ts';
import { Lease } from '../../../src/queues/lease.ts';
import { until } from '../../support/until.ts';

const timing: LedgerConfig = {
  leaseMs: 30_000,
  heartbeatMs: 8_000,
  trustMs: 22_000,
  reconcileMs: 5_000,
  relayMs: 1_000,
  cancelPollMs: 1_000,
  dispatchTimeoutMs: 60_000,
  retryFirstMs: 5_000,
  retryMaxMs: 600_000,
};

function leaseAt(startedAtMs: number, overrides: Partial<LedgerConfig> = {}): { lease: Lease; clock: { ms: number } } {
  const time = { ms: startedAtMs };
  const clock: Clock = { now: () => time.ms, monotonic: () => time.ms };
  const log = queueLog.child({}, { level: 'silent' });
  const hold = { jobId: 'job', epoch: 1, log };
  return { lease: new Lease(hold, { ...timing, ...overrides }, { clock, startedAtMs }), clock: time };
}

describe('a lease', () => {
  test('is trusted from the start of the last successful renewal, not from its answer', () => {
    const { lease, clock } = leaseAt(0);
    clock.ms = 21_000;
    // Asked at 10 s, answered at 21 s: the database may have counted from 10 s.
    lease.renewed(10_000);
    clock.ms = 31_999;
    expect(() => lease.assertTrusted()).not.toThrow();
    clock.ms = 32_000;

    expect(() => lease.assertTrusted()).toThrow('does not hold job');
    expect(lease.signal.reason).toMatchObject({ code: 'job.lease-lost' });
    lease.end();
  });

  test('turns back with a signal of its own, which still aborts when the trust ends', () => {
    const { lease, clock } = leaseAt(0);
    const forward = lease.signal;
    lease.abort(cancelRequested(null));
    lease.isEnding = true;
    expect(lease.mayTurnBack).toBe(true);
    lease.turnBack();
    expect([forward.aborted, lease.signal.aborted]).toEqual([true, false]);

    clock.ms = 22_000;
    expect(() => lease.assertTrusted()).toThrow('does not hold job');
    expect(lease.signal.reason).toMatchObject({ code: 'job.lease-lost' });
    lease.end();
  });

  test('does not turn back in a process that ends, or when it is not trusted any more', () => {
    const leaving = leaseAt(0).lease;
    leaving.abort(cancelRequested(null));
    leaving.abort(shutdown());
    expect(leaving.mayTurnBack).toBe(false);
    leaving.end();

    const { lease, clock } = leaseAt(0);
    lease.isEnding = true;
    clock.ms = 22_000;
    expect(lease.mayTurnBack).toBe(false);
    lease.end();
  });

  test('does not get older through an answer that comes late', () => {
    const { lease, clock } = leaseAt(0);
    lease.renewed(20_000);
    lease.renewed(5_000);
    clock.ms = 41_000;

    expect(() => lease.assertTrusted()).not.toThrow();
    lease.end();
  });

  test('ends with its trust also when its signal had aborted for another reason', () => {
    const { lease, clock } = leaseAt(0);
    lease.abort(cancelRequested(null));
    expect(() => lease.assertTrusted()).not.toThrow();
    clock.ms = 22_000;

    expect(() => lease.assertTrusted()).toThrow('does not hold job');
    expect(lease.signal.reason).toMatchObject({ code: 'job.cancelled' });
    lease.end();
  });

  test('aborts its job by itself when nobody renews it', async () => {
    const { lease, clock } = leaseAt(0, { trustMs: 20 });
    clock.ms = 20;
    await until(() => lease.signal.aborted, { withinMs: 60_000, what: 'the watchdog' });

    expect(lease.signal.reason).toMatchObject({ code: 'job.lease-lost' });
    lease.end();
  });

  test('that is over keeps no process alive, also when a renewal of it is answered late', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { lease } = leaseAt(0);
    expect(timers()).toBe(before + 1);
    lease.end();
    lease.renewed(5_000);

    expect(timers()).toBe(before);
  });

  test('says nothing when the job ended by our own hand', () => {
    const { lease } = leaseAt(0);
    lease.isEnding = true;
    lease.lose();

    expect(lease.signal.aborted).toBe(false);
    lease.end();
  });
});
