import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { Leftover } from '../../../src/domain/failover/leftover.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { commitWorkflow } from '../../../src/processors/commit-failover/index.ts';
import { rollbackWorkflow } from '../../../src/processors/rollback/index.ts';
import { DeathLoop } from '../../support/death-loops.ts';
import { replicaIn, type ReplicaOfVsphere } from '../../support/failover-scenarios.ts';
import { failOverOnce, liveFailover, placementOf, testFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { guestWrites, runOut, submitRollback } from '../../support/rollbacks.ts';
import { StepDeaths, type Scenario } from '../../support/step-deaths.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * A worker killed with kill -9 before, in and after the steps of what ends a failover, asked for or because its time is
 * over: another one completes it, and nobody can tell from what is left that somebody died. One job of each kind, in which
 * somebody dies in every step, by a seed; with ROLLBACK_DEATHS=10 in the environment ten rounds of a job per step, with
 * ROLLBACK_DEATHS=all each moment there is. ROLLBACK_SEED=N is the seed. See CONTRIBUTING.md.
 */
const loop = new DeathLoop(process.env['ROLLBACK_DEATHS'], process.env['ROLLBACK_SEED']);
jest.setTimeout(loop.limitMs);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** A failover that stands, and whose guest has written to its disks. */
async function standing(options: FailoverOptions): Promise<ReplicaOfVsphere & { failoverJobId: string }> {
  const replica = await replicaIn(lab);
  const failover = await failOverOnce(lab.stand, replica.contextId, options);
  await expectJob(lab.stand.db, failover, { status: 'completed' });
  await guestWrites(replica.vm);
  return { ...replica, failoverJobId: failover.id };
}

/** As if there had been no failover, and the next cycle copies what changed, and nothing else. A worker lives. */
async function expectBack(
  { vm, contextId, before, failoverJobId }: Awaited<ReturnType<typeof standing>>,
  status: 'completed' | 'failed' = 'completed',
): Promise<void> {
  const { stand, control } = lab;
  const row = await findFailover(stand.db, failoverJobId);
  expect(row).toMatchObject({ status, remaining: null, destinationVmId: null, testExpiresAt: null });
  expect(await placementOf(stand, contextId)).toEqual(before);
  expect(control.vm(vm.name).powerState).toBe('poweredOn');
  expect(await vm.wrongDisks()).toEqual([]);
  await vm.write(2001, 4096, noise(8192, 7));
  const next = await stand.ended(await vm.submit());
  await expectJob(stand.db, next, { status: 'completed' });
  expect(JSON.parse(next.resultJson ?? 'null')).toMatchObject({ type: 'incremental' });
  expect(await vm.wrongDisks()).toEqual([]);
}

const live: Scenario = {
  name: 'the rollback of a live failover',
  async begin() {
    const it = await standing(liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true }));
    const { contextId, failoverJobId } = it;
    const jobId = await submitRollback(lab.stand, { contextId, failoverJobId, powerOnSource: true });
    return {
      jobId,
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'completed' });
        await expectBack(it);
      },
    };
  },
};

const REFUSED = { kind: 'error', errorCode: 531, errorText: 'injected: not yours' } as const;

/** Clears up, when what was in the way is gone. A worker lives. */
async function cleanedUp({ contextId, failoverJobId }: Awaited<ReturnType<typeof standing>>): Promise<void> {
  lab.stand.cloud.simulator.faults.clear();
  const id = await submitRollback(lab.stand, { contextId, failoverJobId, kind: 'cleanup-failed' });
  await expectJob(lab.stand.db, await lab.stand.ended(id), { status: 'completed' });
}

const forced: Scenario = {
  name: 'the rollback of a test past what cannot be undone',
  isVariant: true,
  endsIn: 'failover-job-status-update',
  async begin() {
    const it = await standing(testFailover(lab.stand));
    const { contextId, failoverJobId } = it;
    const snapshots = await lab.stand
      .db('ossea_volumes')
      .where({ vm_context_id: contextId })
      .whereNotNull('snapshot_id')
      .orderBy('snapshot_id')
      .pluck<string[]>('snapshot_id');
    const { faults } = lab.stand.cloud.simulator;
    // However often it is tried.
    faults.add({ command: 'revertSnapshot', times: 1_000, ...REFUSED });
    return {
      jobId: await submitRollback(lab.stand, { contextId, failoverJobId, forceCleanup: true }),
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'failed' });
        expect(job.errorCode).toBe('rollback.incomplete');
        const row = await findFailover(lab.stand.db, failoverJobId);
        expect(row?.status).toBe('failed');
        const remaining = row?.remaining as Leftover[];
        expect(remaining.map(({ kind, id }) => `${kind} ${id}`).sort()).toEqual(
          snapshots.map((id) => `snapshot ${id}`),
        );
        const left = { ...it.before, snapshots: 2, context: 'cleanup_required' };
        expect(await placementOf(lab.stand, contextId)).toEqual(left);
        await cleanedUp(it);
        await expectBack(it, 'failed');
      },
    };
  },
};

const cleanup: Scenario = {
  name: 'the clean-up of a failover that could not be undone',
  isVariant: true,
  async begin() {
    const replica = await replicaIn(lab);
    const { contextId } = replica;
    const { faults } = lab.stand.cloud.simulator;
    for (const command of ['startVirtualMachine', 'revertSnapshot', 'destroyVirtualMachine'])
      faults.add({ command, ...REFUSED });
    const failover = await failOverOnce(lab.stand, contextId, liveFailover(lab.stand, { powerOffSource: true }));
    faults.clear();
    await expectJob(lab.stand.db, failover, { status: 'failed' });
    const left = await findFailover(lab.stand.db, failover.id);
    expect((left?.remaining as Leftover[]).map(({ kind }) => kind).sort()).toEqual(['snapshot', 'vm', 'volume']);
    return {
      jobId: await submitRollback(lab.stand, { contextId, failoverJobId: failover.id, kind: 'cleanup-failed' }),
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'completed' });
        await expectBack({ ...replica, failoverJobId: failover.id }, 'failed');
      },
    };
  },
};

const expired: Scenario = {
  name: 'the end of a test whose time is over',
  isVariant: true,
  async begin() {
    const it = await standing(testFailover(lab.stand, { autoCleanup: true, testDurationMs: 3_600_000 }));
    return {
      jobId: await runOut(lab.stand, it.failoverJobId),
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'completed' });
        await expectBack(it);
      },
    };
  },
};

const commit: Scenario = {
  name: 'the commit of a live failover that nobody decided about',
  async begin() {
    const timer = { afterMs: 3_600_000, then: 'commit' } as const;
    const { vm, contextId, failoverJobId } = await standing(liveFailover(lab.stand, { commit: timer }));
    const stands = await placementOf(lab.stand, contextId);
    return {
      jobId: await runOut(lab.stand, failoverJobId),
      async afterwards(job) {
        await expectJob(lab.stand.db, job, { status: 'completed' });
        expect(await placementOf(lab.stand, contextId)).toEqual({ ...stands, snapshots: 0, context: 'completed' });
        const row = await findFailover(lab.stand.db, failoverJobId);
        expect(row).toMatchObject({ status: 'completed', remaining: null, commitDueAt: null, rolledBackBy: null });
        expect(row?.committedAt).toBeInstanceOf(Date);
        // Its guest has written: that stays.
        expect(await vm.wrongDisks()).toEqual(['disk-2000', 'disk-2001']);
      },
    };
  },
};

describe('whenever a worker dies, another one completes, as if nobody had died,', () => {
  test('the rollback', () => loop.run(new StepDeaths(lab.stand, rollbackWorkflow), [live, expired, forced, cleanup]));
  test('the commit', () => loop.run(new StepDeaths(lab.stand, commitWorkflow), [commit]));
});
