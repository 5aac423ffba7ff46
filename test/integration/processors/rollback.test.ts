import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { expireFailovers } from '../../../src/processors/expire-failovers.ts';
import type { RollbackPayload } from '../../../src/queues/jobs/rollback.ts';
import { liveFailover, placementOf, submitFailover, testFailover, type Placement } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { committed, guestWrites, GUEST_WRITES_AT, submitRollback } from '../../support/rollbacks.ts';
import { until } from '../../support/until.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

jest.setTimeout(180_000);

const SIZES = [2 * MiB + 512, MiB + 1536];
const HASTE = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' };

let lab: VsphereStand;
let vm: VsphereVm;
let contextId: string;
let before: Placement;
let stopWorker = (): void => undefined;
let worker: Promise<void>;

beforeAll(async () => {
  lab = await openVsphereStand(HASTE);
  const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
  worker = lab.stand.withWorker(() => stopped);
  ({ vm, contextId } = await replicated());
  before = await placementOf(lab.stand, contextId);
});
afterEach(() => {
  lab.stand.cloud.simulator.faults.clear();
  lab.control.faults.clear();
});
afterAll(async () => {
  stopWorker();
  await worker;
  await lab[Symbol.asyncDispose]();
});

async function replicated(): Promise<{ vm: VsphereVm; contextId: string }> {
  const made = VsphereVm.make(lab, SIZES);
  await made.write(2000, 0, noise(MiB, 1));
  await made.write(2001, 512, noise(64 * 1024, 2));
  await expectJob(lab.stand.db, await lab.stand.ended(await made.submit()), { status: 'completed' });
  return { vm: made, contextId: await made.contextId() };
}

/** A failover that stands, and whose guest has written. @returns the id of its job */
async function standing(options: FailoverOptions): Promise<string> {
  const job = await lab.stand.ended(await submitFailover(lab.stand, contextId, options));
  await expectJob(lab.stand.db, job, { status: 'completed' });
  await guestWrites(vm);
  expect(await vm.wrongDisks()).toEqual(['disk-2000', 'disk-2001']);
  return job.id;
}

async function rolledBack(failoverJobId: string, how: Partial<RollbackPayload> = {}): Promise<JobRecord> {
  return lab.stand.ended(await submitRollback(lab.stand, { contextId, failoverJobId, ...how }));
}

/** As if there had been no failover, to the last byte; and the next cycle copies what changed, and nothing else. */
async function expectBack(failoverJobId: string): Promise<void> {
  expect(await placementOf(lab.stand, contextId)).toEqual(before);
  expect(await findFailover(lab.stand.db, failoverJobId)).toMatchObject({ remaining: null, destinationVmId: null });
  expect(await vm.wrongDisks()).toEqual([]);
  await expectNextCycle('incremental');
}

async function expectNextCycle(type: 'incremental' | 'initial'): Promise<void> {
  await vm.write(2000, 4096, noise(8192, Date.now()));
  const next = await lab.stand.ended(await vm.submit());
  await expectJob(lab.stand.db, next, { status: 'completed' });
  expect(JSON.parse(next.resultJson ?? 'null')).toMatchObject({ type });
  expect(await vm.wrongDisks()).toEqual([]);
}

const REFUSED = { kind: 'error', errorCode: 531, errorText: 'injected: not yours' } as const;

describe('a rollback', () => {
  test('of a test leaves the volumes as they were at the last commit, and nothing else of the test', async () => {
    const failoverJobId = await standing(testFailover(lab.stand));
    const { simulator } = lab.stand.cloud;
    // The source goes on meanwhile, in the same places.
    await vm.write(2000, GUEST_WRITES_AT + 512, noise(20_000, 5));
    simulator.faults.add({ command: 'destroyVirtualMachine', kind: 'job-held' });
    const rolledBackBy = await submitRollback(lab.stand, { contextId, failoverJobId });
    await until(() => simulator.heldJobs() > 0, { withinMs: 60_000, what: 'a held destroyVirtualMachine' });
    // Until the end of it the VM is what it was.
    expect((await placementOf(lab.stand, contextId)).context).toBe('failed_over_test');
    expect(await findFailover(lab.stand.db, failoverJobId)).toMatchObject({ status: 'cleanup', rolledBackBy });
    simulator.releaseJobs();

    await expectJob(lab.stand.db, await lab.stand.ended(rolledBackBy), { status: 'completed' });
    expect(await findFailover(lab.stand.db, failoverJobId)).toMatchObject({ status: 'completed', rolledBackBy });
    await expectBack(failoverJobId);
  });

  test('of a live failover does so, too, and switches the source on again when that is asked for', async () => {
    const failoverJobId = await standing(liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true }));
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOff');
    const job = await rolledBack(failoverJobId, { powerOnSource: true });

    await expectJob(lab.stand.db, job, { status: 'completed' });
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    await expectBack(failoverJobId);
  });

  test('survives that CloudStack loses an answer to each of its orders', async () => {
    const failoverJobId = await standing(testFailover(lab.stand));
    for (const command of COMMANDS) {
      lab.stand.cloud.simulator.faults.add({ command, kind: 'drop-after', times: 1 });
    }
    const job = await rolledBack(failoverJobId);

    await expectJob(lab.stand.db, job, { status: 'completed' });
    expect(lab.stand.cloud.simulator.faults.pending()).toEqual([]);
    await expectBack(failoverJobId);
  });
});

const COMMANDS = [
  'stopVirtualMachine',
  'detachVolume',
  'revertSnapshot',
  'deleteSnapshot',
  'attachVolume',
  'destroyVirtualMachine',
];

/** The others with ROLLBACK_REFUSALS=all in the environment. See CONTRIBUTING.md. */
const REFUSALS =
  process.env['ROLLBACK_REFUSALS'] === 'all' ? COMMANDS : ['detachVolume', 'attachVolume', 'destroyVirtualMachine'];

/** How far the job is when it comes to them. */
const PERCENT_AT: Readonly<Record<string, number>> = {
  stopVirtualMachine: 10,
  detachVolume: 20,
  revertSnapshot: 35,
  deleteSnapshot: 35,
  attachVolume: 65,
  destroyVirtualMachine: 80,
};

describe('a rollback that is refused', () => {
  test.each(REFUSALS)('at %s names what remains, and is completed by a clean-up later', async (command) => {
    const failoverJobId = await standing(testFailover(lab.stand));
    lab.stand.cloud.simulator.faults.add({ command, ...REFUSED });
    const job = await rolledBack(failoverJobId);

    await expectJob(lab.stand.db, job, { status: 'failed' });
    expect(job.errorMessage).toContain('injected');
    expect(await lab.stand.db('job_tracking').where({ id: job.id }).pluck('percent_complete')).toEqual([
      PERCENT_AT[command],
    ]);
    const row = await findFailover(lab.stand.db, failoverJobId);
    expect(row).toMatchObject({ status: 'failed', remaining: expect.arrayContaining([expect.anything()]) });
    expect((await placementOf(lab.stand, contextId)).context).toBe('cleanup_required');

    lab.stand.cloud.simulator.faults.clear();
    const cleanUp = await rolledBack(failoverJobId, { kind: 'cleanup-failed' });
    await expectJob(lab.stand.db, cleanUp, { status: 'completed' });
    await expectBack(failoverJobId);
  });

  test('by the storage leaves the disk marked for a full copy, and its snapshot', async () => {
    const failoverJobId = await standing(testFailover(lab.stand));
    lab.stand.cloud.simulator.faults.add({ command: 'revertSnapshot', ...REFUSED, times: 2 });
    const job = await rolledBack(failoverJobId, { forceCleanup: true });

    expect(job).toMatchObject({ status: 'failed', errorCode: 'rollback.incomplete' });
    const { remaining } = (await findFailover(lab.stand.db, failoverJobId)) ?? {};
    expect(remaining).toEqual([
      { kind: 'snapshot', id: expect.any(String), what: expect.stringContaining('injected') },
      { kind: 'snapshot', id: expect.any(String), what: expect.stringContaining('injected') },
    ]);
    // Everything else went on.
    expect(await placementOf(lab.stand, contextId)).toEqual({ ...before, snapshots: 2, context: 'cleanup_required' });
    for (const disk of await vm.disks()) expect(disk.committed_generation).not.toBe(disk.target_generation);

    lab.stand.cloud.simulator.faults.clear();
    await expectJob(lab.stand.db, await rolledBack(failoverJobId, { kind: 'cleanup-failed' }), { status: 'completed' });
    await expectBack(failoverJobId);
  });

  test('because the snapshots are gone ends only as a clean-up, and the next cycle copies everything', async () => {
    const failoverJobId = await standing(testFailover(lab.stand));
    lab.stand.cloud.simulator.edit((world) => void (world.snapshots = []));
    const job = await rolledBack(failoverJobId);
    expect(job).toMatchObject({ status: 'failed', errorCode: 'volume.snapshot-unknown' });

    await expectJob(lab.stand.db, await rolledBack(failoverJobId, { kind: 'cleanup-failed' }), { status: 'completed' });
    expect(await placementOf(lab.stand, contextId)).toEqual({ ...before, context: 'failed' });
    await expectNextCycle('initial');
    expect(await placementOf(lab.stand, contextId)).toEqual(before);
  });

  test('once by the vCenter, and not the next time, ends well', async () => {
    const failoverJobId = await standing(liveFailover(lab.stand, { powerOffSource: true }));
    const busy = { status: 503, contentType: 'text/html', body: 'injected' } as const;
    lab.control.faults.add({ method: 'PowerOnVM_Task', kind: 'http', ...busy, times: 4 });
    const job = await rolledBack(failoverJobId, { powerOnSource: true });

    await expectJob(lab.stand.db, job, { status: 'completed' });
    expect(lab.control.faults.pending()).toEqual([]);
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    await expectBack(failoverJobId);
  });

  test('by the vCenter says that the source is off', async () => {
    const failoverJobId = await standing(liveFailover(lab.stand, { powerOffSource: true }));
    const NOT_ALLOWED = { kind: 'fault', fault: 'NoPermission', fields: { privilegeId: 'x' } } as const;
    lab.control.faults.add({ method: 'PowerOnVM_Task', ...NOT_ALLOWED });
    const job = await rolledBack(failoverJobId, { powerOnSource: true });

    await expectJob(lab.stand.db, job, { status: 'failed' });
    const { remaining } = (await findFailover(lab.stand.db, failoverJobId)) ?? {};
    expect(remaining).toEqual([expect.objectContaining({ kind: 'source-power' })]);

    lab.control.faults.clear();
    const again = await rolledBack(failoverJobId, { kind: 'cleanup-failed', powerOnSource: true });
    await expectJob(lab.stand.db, again, { status: 'completed' });
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    await expectBack(failoverJobId);
  });
});

describe('a failover with a time limit', () => {
  const expire = async (failoverJobId: string, column: string): Promise<void> => {
    const { db, ledger } = lab.stand;
    await db('failover_jobs')
      .where({ job_id: failoverJobId })
      .update({ [column]: db.raw('now(3) - interval 1 second') });
    // As two leaders would for a moment.
    await Promise.all([expireFailovers.submit(ledger), expireFailovers.submit(ledger)]);
  };

  test('that is a test is cleaned up when it is over, once', async () => {
    const failoverJobId = await standing(testFailover(lab.stand, { autoCleanup: true, testDurationMs: 3_600_000 }));
    expect(await expireFailovers.isWanted(lab.stand.db)).toBe(false);
    await expire(failoverJobId, 'test_expires_at');
    const jobs = await lab.stand
      .db('job_tracking')
      .where({ operation: 'rollback', context_id: contextId, status: 'pending' })
      .orWhere({ operation: 'rollback', context_id: contextId, status: 'running' })
      .pluck<string[]>('id');
    expect(jobs).toHaveLength(1);

    await expectJob(lab.stand.db, await lab.stand.ended(jobs[0] ?? ''), { status: 'completed' });
    await expectBack(failoverJobId);
  });

  test('that nobody decided about is committed, names what it cannot delete, and then nothing leads back', async () => {
    ({ vm, contextId } = await replicated());
    const failoverJobId = await standing(liveFailover(lab.stand, { commit: { afterMs: 3_600_000, then: 'commit' } }));
    lab.stand.cloud.simulator.faults.add({ command: 'deleteSnapshot', ...REFUSED, times: 2 });
    await expire(failoverJobId, 'commit_due_at');
    const [jobId = ''] = await lab.stand
      .db('job_tracking')
      .where({ operation: 'commit-failover' })
      .pluck<string[]>('id');

    await expectJob(lab.stand.db, await lab.stand.ended(jobId), { status: 'failed' });
    const left = { kind: 'snapshot', what: expect.stringContaining('commit again') };
    const half = await findFailover(lab.stand.db, failoverJobId);
    expect(half).toMatchObject({ remaining: [left, left], errorMessage: expect.stringContaining('injected') });
    expect(half?.committedAt).toBeInstanceOf(Date);
    expect(await placementOf(lab.stand, contextId)).toMatchObject({ context: 'failed_over_live', snapshots: 2 });
    expect(await expireFailovers.isWanted(lab.stand.db)).toBe(false);

    const job = await committed(lab.stand, { contextId, failoverJobId });
    await expectJob(lab.stand.db, job, { status: 'completed' });
    expect(JSON.parse(job.resultJson ?? '')).toMatchObject({ snapshotsDeleted: 2 });
    expect(await findFailover(lab.stand.db, failoverJobId)).toMatchObject({
      remaining: null,
      errorMessage: null,
      committedAt: half?.committedAt,
    });
    expect(await placementOf(lab.stand, contextId)).toMatchObject({ context: 'completed', snapshots: 0 });
    const refused = await rolledBack(failoverJobId);
    expect(refused).toMatchObject({ status: 'failed', errorCode: 'failover.committed' });
    expect(await placementOf(lab.stand, contextId)).toMatchObject({
      context: 'completed',
      modes: ['failover', 'failover'],
    });
    expect(await committed(lab.stand, { contextId, failoverJobId })).toMatchObject({ status: 'completed' });
  });
});
