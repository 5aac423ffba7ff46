import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { KiB } from '../../../src/base/units.ts';
import { findJob, openChildren, type JobRecord } from '../../../src/db/stores/job-rows.ts';
import type { ReplicateDeps } from '../../../src/processors/replicate/context.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { expectJob } from '../../support/job-story.ts';
import { startNbdkit, TestFolder, type NbdServer } from '../../support/nbd-servers.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';
import { until } from '../../support/until.ts';

jest.setTimeout(180_000);

/** So slow that the copy of these small disks is met half way. */
const SLOW = { MIGRATEKIT_COPY_RATE_BYTES_PER_S: String(256 * KiB) };
/** No second attempt comes by itself while a test looks. */
const LONG_PAUSE = { MIGRATEKIT_RETRY_FIRST_MS: '600000' };
const NOTHING = { sessions: 0, exports: 0, currentJob: null, activeJobs: 0 };
const PATIENCE_MS = 60_000;

let stand: ReplicationStand;

beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

/** Asks for the end of the job, and waits for it. */
async function cancelled(jobId: string): Promise<JobRecord> {
  await cancel(stand.ledger, jobId, { reason: 'the test wants it' });
  const job = await stand.ended(jobId);
  await expectJob(stand.db, job, {
    status: 'cancelled',
    errorCode: 'job.cancelled',
    errorMessage: 'the test wants it',
  });
  return job;
}

/** At once, or as soon as a clean-up that was left to somebody else is done. */
async function expectNothingLeft(vm: ReplicatedVm): Promise<void> {
  let last: unknown;
  await until(
    async () => {
      last = await vm.leftovers();
      return JSON.stringify(last) === JSON.stringify(NOTHING);
    },
    { withinMs: PATIENCE_MS, what: 'nothing to be left' },
  ).catch((error: unknown) => {
    throw new Error(`left: ${JSON.stringify(last)}`, { cause: error });
  });
}

/** The VM is free at once, whatever else is left to somebody; and its next replication is right. */
async function expectFree(vm: ReplicatedVm): Promise<void> {
  expect(await vm.leftovers()).toMatchObject({ currentJob: null, activeJobs: 0 });
}

async function expectNextIsRight(vm: ReplicatedVm): Promise<void> {
  const next = await stand.withWorker(async () => stand.ended(await vm.submit()));
  await expectJob(stand.db, next, { status: 'completed' });
  const { source, target } = await vm.hashes();
  expect(target).toEqual(source);
  await expectNothingLeft(vm);
}

async function untilState(jobId: string, state: JobRecord['dispatchState']): Promise<void> {
  await until(async () => (await findJob(stand.db, jobId))?.dispatchState === state, {
    withinMs: PATIENCE_MS,
    what: `job ${jobId} to be ${state}`,
  });
}

/** The cloud works on an order. */
const isInCloud = (command: string): boolean =>
  stand.cloud.simulator.world.jobs.some((job) => job.command === command && job.status === 0);
const untilInCloud = (command: string): Promise<unknown> =>
  until(() => isInCloud(command), { withinMs: PATIENCE_MS, what: `${command} to be under way` });

/** Bytes of it have gone over the wire. */
async function untilCopying(jobId: string): Promise<void> {
  await until(
    async () => {
      const [row] = await stand
        .db('replication_jobs')
        .where({ id: jobId })
        .select<{ bytes_transferred: number | string }[]>('bytes_transferred');
      return Number(row?.bytes_transferred) > 0;
    },
    { withinMs: PATIENCE_MS, what: 'the copy to be half way' },
  );
}

describe('a replication that is cancelled', () => {
  test('while it is queued ends at once', async () => {
    const vm = await ReplicatedVm.make(stand);
    await cancelled(await vm.submit());

    await expectNothingLeft(vm);
    await expectNextIsRight(vm);
  });

  test('while it copies ends with its session and its exports gone', async () => {
    const vm = await ReplicatedVm.make(stand);
    const env = SLOW;
    await stand.withWorker(
      async () => {
        const jobId = await vm.submit();
        await untilCopying(jobId);
        await expectJob(stand.db, await cancelled(jobId), { leaseEpoch: expect.any(Number), direction: 'undo' });
        await expectFree(vm);
        await expectNothingLeft(vm);
      },
      { env },
    );
    await expectNextIsRight(vm);
  });

  test('while it flushes does not wait for the flush', async () => {
    using folder = new TestFolder();
    await using target = await hangingFlush(folder);
    const vm = await ReplicatedVm.make(stand);
    await stand.withWorker(
      async () => {
        const jobId = await vm.submit();
        await until(() => existsSync(folder.file('flushing')), { withinMs: PATIENCE_MS, what: 'a flush' });
        await cancelled(jobId);
        await expectFree(vm);
        await expectNothingLeft(vm);
      },
      { deps: (deps) => onto(deps, target) },
    );
    await expectNextIsRight(vm);
  });

  const ACTIONS = [
    { command: 'createVolume', action: 'make' },
    { command: 'attachVolume', action: 'attach' },
  ];

  test.each(ACTIONS)(
    'while the cloud is to $action a volume for it does not wait for the cloud',
    async ({ command }) => {
      const vm = await ReplicatedVm.make(stand);
      stand.cloud.simulator.faults.add({ command, kind: 'job-delay', ms: 10_000 });
      await stand.withWorker(async () => {
        const jobId = await vm.submit();
        await untilInCloud(command);
        await cancelled(jobId);
        expect(isInCloud(command)).toBe(true);
        await expectFree(vm);
        expect(await openChildren(stand.db, jobId)).toEqual([]);
      });
      await expectNextIsRight(vm);
    },
  );

  test.each(ACTIONS)(
    'while the volume daemon that was to $action a volume for it is away ends at once',
    async ({ command }) => {
      const vm = await ReplicatedVm.make(stand);
      stand.cloud.simulator.faults.add({ command, kind: 'job-delay', ms: 8_000 });
      await stand.withWorker(async () => {
        const jobId = await vm.submit();
        await untilInCloud(command);
        await stand.volumeDaemon.stop();
        try {
          const [child] = await openChildren(stand.db, jobId);
          expect(child).toMatchObject({ status: 'running' });
          await cancelled(jobId);
          await expectFree(vm);
        } finally {
          await stand.volumeDaemon.start();
        }
      });
      await expectNextIsRight(vm);
    },
  );

  test('while it waits for another attempt, with the VMA away, is woken and ends', async () => {
    const vm = await ReplicatedVm.make(stand);
    await stand.vmaServer.stop();
    try {
      await stand.withWorker(
        async () => {
          const jobId = await vm.submit();
          await untilState(jobId, 'retry_wait');
          expect(await findJob(stand.db, jobId)).toMatchObject({ errorCode: 'vma.unreachable' });
          await cancelled(jobId);
        },
        { env: LONG_PAUSE },
      );
    } finally {
      await stand.vmaServer.start();
    }
    await expectNothingLeft(vm);
    await expectNextIsRight(vm);
  });

  test('while it copies and the VMA has died ends, and its session is ended when the VMA is back', async () => {
    const vm = await ReplicatedVm.make(stand);
    await stand.withWorker(
      async () => {
        const jobId = await vm.submit();
        await untilCopying(jobId);
        await stand.vmaServer.stop();
        try {
          await cancelled(jobId);
          expect(await activeJobs(vm)).toBe(0);
          const left = await sessionJob(jobId);
          expect(left).toMatchObject({ queue: 'maintenance', parentJobId: null });
          await until(async () => (await sessionJob(jobId))?.errorCode === 'vma.unreachable', {
            withinMs: PATIENCE_MS,
            what: 'the clean-up to say why it waits',
          });
        } finally {
          await stand.vmaServer.start();
        }
        await expectNothingLeft(vm);
        await expectJob(stand.db, await stand.ended((await sessionJob(jobId))?.id ?? ''), {
          status: 'completed',
          errorCode: null,
        });
      },
      { env: SLOW },
    );
    await expectNextIsRight(vm);
  });

  test('the next one of the VM waits for the clean-up of a VMA that is back', async () => {
    const vm = await ReplicatedVm.make(stand);
    await stand.withWorker(
      async () => {
        const jobId = await vm.submit();
        await untilCopying(jobId);
        await stand.vmaServer.stop();
        await cancelled(jobId);
      },
      { env: SLOW },
    );
    // Nobody ends the old session before the next job asks for its own.
    const left = await stand
      .db('job_tracking')
      .where({ operation: 'end-source-session', status: 'running' })
      .update({
        dispatch_state: 'retry_wait',
        // A message that is out already says nothing any more.
        dispatch_generation: stand.db.raw('dispatch_generation + 1'),
        not_before: stand.db.raw('now(6) + interval 1 hour'),
      });
    expect(left).toBe(1);
    await stand.vmaServer.start();
    await stand.withWorker(async () => {
      const next = await vm.submit();
      await until(async () => (await findJob(stand.db, next))?.errorCode === 'session.vm-busy', {
        withinMs: PATIENCE_MS,
        what: 'the next job to find the VM busy',
      });
      await stand
        .db('job_tracking')
        .where({ operation: 'end-source-session' })
        .update({ not_before: stand.db.fn.now(6) });
      await expectJob(stand.db, await stand.ended(next), { status: 'completed' });
    });
    const { source, target } = await vm.hashes();
    expect(target).toEqual(source);
    await expectNothingLeft(vm);
  });

  test('while it copies and the volume daemon has died ends, and the daemon removes the exports when it is back', async () => {
    const vm = await ReplicatedVm.make(stand);
    await stand.withWorker(
      async () => {
        const jobId = await vm.submit();
        await untilCopying(jobId);
        await stand.volumeDaemon.stop();
        try {
          await cancelled(jobId);
          await expectFree(vm);
          expect(await vm.leftovers()).toMatchObject({ sessions: 0, exports: 2 });
        } finally {
          await stand.volumeDaemon.start();
        }
        await expectNothingLeft(vm);
      },
      { env: SLOW },
    );
    await expectNextIsRight(vm);
  });
});

async function activeJobs(vm: ReplicatedVm): Promise<number> {
  const rows = await stand
    .db('job_tracking')
    .where({ active_context_id: await vm.contextId() })
    .select('id');
  return rows.length;
}

/** The job that was left behind to end the session of this one. */
async function sessionJob(jobId: string): Promise<JobRecord | undefined> {
  const [id] = await stand
    .db('job_tracking')
    .where({ operation: 'end-source-session' })
    .whereRaw("json_value(payload, '$.jobId') = ?", [jobId])
    .pluck<string[]>('id');
  return id === undefined ? undefined : findJob(stand.db, id);
}

/** A disk that takes every byte and whose flush does not come back. */
function hangingFlush(folder: TestFolder): Promise<NbdServer> {
  return startNbdkit(
    folder,
    'eval',
    'get_size=echo 1073741824',
    'can_write=exit 0',
    'can_flush=exit 0',
    'can_zero=exit 0',
    'can_multi_conn=exit 0',
    'pread=dd if=/dev/zero iflag=count_bytes count=$3',
    'pwrite=cat > /dev/null',
    'zero=exit 0',
    `flush=touch ${folder.file('flushing')}; while [ -d ${folder.path} ]; do sleep 0.1; done`,
  );
}

/** The same deps, except that what the daemon opens is answered by this server. */
function onto(deps: ReplicateDeps, server: NbdServer): ReplicateDeps {
  return {
    ...deps,
    volumes: {
      ...deps.volumes,
      async openExport(call) {
        return { ...(await deps.volumes.openExport(call)), uris: { unix: server.uri() } };
      },
    },
  };
}
