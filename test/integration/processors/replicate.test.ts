import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { precondition } from '../../../src/base/errors.ts';
import { findJob, type JobRecord } from '../../../src/db/stores/job-rows.ts';
import { replicationWorkflow } from '../../../src/processors/replicate/index.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { expectJob } from '../../support/job-story.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { expectCommitted, expectWhole } from '../../support/whole-replica.ts';

jest.setTimeout(180_000);

const NOTHING = { sessions: 0, exports: 0, currentJob: null, activeJobs: 0 };
const STEPS = replicationWorkflow.steps;
const BEFORE_COMMIT = STEPS.slice(
  0,
  STEPS.findIndex((step) => step.pointOfNoReturn !== undefined),
);

let stand: ReplicationStand;

beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A replication by a worker of this process, to its end. */
async function replicate(vm: ReplicatedVm, more: object = {}): Promise<JobRecord> {
  return stand.withWorker(async () => stand.ended(await vm.submit(more)));
}

describe('a worker killed with kill -9 around the commit', () => {
  test.each([
    { at: 'recording' as const, committed: false },
    { at: 'recorded' as const, committed: true },
  ])('at $at leaves changeIds exactly when it is committed: $committed', async ({ at, committed }) => {
    const vm = await ReplicatedVm.make(stand);
    const jobId = await vm.submit();
    await using doomed = stand.spawnWorker({ death: { step: 'commit', at } });
    expect(await doomed.died).toBe('SIGKILL');

    const stored = (await vm.disks()).map((disk) => disk.disk_change_id !== null);
    expect(stored).toEqual([committed, committed]);
    expect(await findJob(stand.db, jobId)).toMatchObject({ committed });

    await expectJob(stand.db, await stand.withWorker(() => stand.ended(jobId)), { status: 'completed', attempt: 2 });
    await expectWhole(stand, vm);
    await expectCommitted(stand, vm, jobId);
  });
});

describe.each(BEFORE_COMMIT.map((step) => [step.name, step] as const))('at the end of step %s', (_name, step) => {
  /** Once the work of the step is done, and before that is recorded. */
  function afterWork(act: (jobId: string, signal: AbortSignal) => Promise<void>): void {
    const { work } = step;
    const run = work.run.bind(work);
    jest.spyOn(work, 'run').mockImplementation(async (scope) => {
      const output = await run(scope);
      await act(scope.context.run.jobId, scope.signal);
      return output;
    });
  }

  async function expectFreeAndRepeatable(vm: ReplicatedVm): Promise<void> {
    expect(await vm.leftovers()).toEqual(NOTHING);
    expect((await vm.disks()).map((disk) => disk.disk_change_id)).toEqual([null, null]);
    jest.restoreAllMocks();
    const next = await replicate(vm);
    await expectJob(stand.db, next, { status: 'completed' });
    await expectWhole(stand, vm);
    await expectCommitted(stand, vm, next.id);
  }

  test('a permanent failure is undone, and the next replication completes', async () => {
    const vm = await ReplicatedVm.make(stand);
    afterWork(() => Promise.reject(precondition('test.broken', 'it will never work')));
    await expectJob(stand.db, await replicate(vm), { status: 'failed', errorCode: 'test.broken' });
    await expectFreeAndRepeatable(vm);
  });

  test('a cancel is undone, and the next replication completes', async () => {
    const vm = await ReplicatedVm.make(stand);
    afterWork(async (jobId, signal) => {
      await cancel(stand.ledger, jobId, { reason: 'the test wants it' });
      await aborted(signal);
    });
    await expectJob(stand.db, await replicate(vm), { status: 'cancelled' });
    await expectFreeAndRepeatable(vm);
  });
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
