import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import { replicaIn, standingPlacement, type ReplicaOfVsphere } from '../../support/failover-scenarios.ts';
import { liveFailover, placementOf, submitFailover, testFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { MortalDaemon } from '../../support/mortal-daemon.ts';
import { noise } from '../../support/nbd-servers.ts';
import { guestWrites, submitRollback } from '../../support/rollbacks.ts';
import { until } from '../../support/until.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/** The volume daemon killed with kill -9 in the middle of each thing that a failover and its rollback want of it. */

jest.setTimeout(600_000);

let lab: VsphereStand;
let stopWorker = (): void => undefined;
let worker: Promise<void>;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
  const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
  worker = lab.stand.withWorker(() => stopped);
});
afterEach(() => {
  lab.stand.cloud.simulator.faults.clear();
});
afterAll(async () => {
  stopWorker();
  await worker;
  await lab[Symbol.asyncDispose]();
});

const patience = (what: string): { withinMs: number; what: string } => ({ withinMs: 60_000, what });

async function restart(daemon: MortalDaemon): Promise<void> {
  daemon.killNow();
  await daemon.buried();
  await daemon.start();
}

/** Dies while CloudStack works on its order, which ends well afterwards. @param after so many orders are others' */
async function dieInOrder(daemon: MortalDaemon, command: string, after = 0): Promise<void> {
  const { simulator } = lab.stand.cloud;
  simulator.faults.add({ command, kind: 'job-held', after });
  await until(() => simulator.heldJobs() > 0, patience(`a held ${command}`));
  await restart(daemon);
  simulator.releaseJobs();
}

/** Dies in the transaction that writes down whose the volumes are. */
async function dieInHandOver(daemon: MortalDaemon, { contextId }: ReplicaOfVsphere): Promise<void> {
  const { db } = lab.stand;
  const holding = await db.transaction();
  try {
    await holding('device_mappings').where({ vm_context_id: contextId }).forUpdate().select('id');
    const isInHand = async (): Promise<boolean> => {
      const jobs = await db('job_tracking')
        .where({ operation: 'attach-volume', dispatch_state: 'claimed' })
        .whereRaw("json_value(payload, '$.action') = 'hand-over'")
        .select('id');
      return jobs.length === 2;
    };
    await until(isInHand, patience('two volumes that are handed over'));
    await restart(daemon);
  } finally {
    await holding.rollback();
  }
}

async function expectBack({ vm, contextId, before }: ReplicaOfVsphere): Promise<void> {
  expect(await placementOf(lab.stand, contextId)).toEqual(before);
  expect(await vm.wrongDisks()).toEqual([]);
  await vm.write(2001, 4096, noise(8192, 7));
  const next = await lab.stand.ended(await vm.submit());
  await expectJob(lab.stand.db, next, { status: 'completed' });
  expect(JSON.parse(next.resultJson ?? 'null')).toMatchObject({ type: 'incremental' });
  expect(await vm.wrongDisks()).toEqual([]);
}

test('a volume daemon that dies in a hand-over, a snapshot, a detach, an attach or a revert is missed by nobody', async () => {
  const replica = await replicaIn(lab);
  const { vm, contextId } = replica;
  const { db } = lab.stand;
  await using daemon = await MortalDaemon.start(lab.stand, {});
  const failoverJobId = await submitFailover(lab.stand, contextId, liveFailover(lab.stand, { powerOffSource: true }));
  await dieInHandOver(daemon, replica);
  await dieInOrder(daemon, 'createSnapshot');
  // The first is the disk of the template, which the worker takes off.
  await dieInOrder(daemon, 'detachVolume', 1);
  await dieInOrder(daemon, 'attachVolume');
  await expectJob(db, await lab.stand.ended(failoverJobId), { status: 'completed' });
  const vms = [{ name: vm.name, state: 'Running' }];
  expect(await placementOf(lab.stand, contextId)).toEqual(standingPlacement(vms, 'failed_over_live'));
  expect(await vm.wrongDisks()).toEqual([]);
  await guestWrites(vm);

  const jobId = await submitRollback(lab.stand, { contextId, failoverJobId, powerOnSource: true });
  await dieInOrder(daemon, 'detachVolume');
  await dieInOrder(daemon, 'revertSnapshot');
  await dieInOrder(daemon, 'deleteSnapshot');
  await dieInOrder(daemon, 'attachVolume');
  await expectJob(db, await lab.stand.ended(jobId), { status: 'completed' });
  await expectBack(replica);
  daemon.killNow();
  await daemon.buried();
  await lab.stand.volumeDaemon.start();
});

test('a conversion that a volume daemon dies in is not continued: the disks are set back, and the failover is undone', async () => {
  const replica = await replicaIn(lab);
  const { vm, contextId } = replica;
  const marker = join(lab.stand.root, 'converting');
  const main = 'test/support/converting-daemon-main.ts';
  await using daemon = await MortalDaemon.start(lab.stand, { TEST_CONVERTING: marker }, main);
  const jobId = await submitFailover(lab.stand, contextId, testFailover(lab.stand, { skipVirtio: false }));
  await until(() => existsSync(marker), patience('a conversion'));
  expect(await vm.wrongDisks()).toEqual(['disk-2000', 'disk-2001']);
  await restart(daemon);
  const job = await lab.stand.ended(jobId);

  await expectJob(lab.stand.db, job, { status: 'failed', errorCode: 'conversion.interrupted' });
  expect(await findFailover(lab.stand.db, jobId)).toMatchObject({ status: 'failed', remaining: null });
  await expectBack(replica);
  daemon.killNow();
  await daemon.buried();
  await lab.stand.volumeDaemon.start();
});
