import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { attachVolume } from '../../../src/queues/jobs/attach-volume.ts';
import { submit } from '../../../src/queues/submit.ts';
import { failOverOnce, liveFailover, placementOf, testFailover } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

jest.setTimeout(600_000);

const SIZES = [3 * MiB + 512, 2 * MiB + 1536];
const HASTE = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' };

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand(HASTE);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function replicated(): Promise<{ vm: VsphereVm; contextId: string }> {
  const vm = VsphereVm.make(lab, SIZES);
  await vm.write(2000, 0, noise(MiB, 1));
  await vm.write(2001, 512, noise(64 * 1024, 2));
  const job = await vm.replicate();
  await expectJob(lab.stand.db, job, { status: 'completed' });
  return { vm, contextId: await vm.contextId() };
}

describe('a failover', () => {
  test('for a test starts a VM on the replica in an isolated network, and leaves the source alone', async () => {
    const { vm, contextId } = await replicated();
    const job = await failOverOnce(lab.stand, contextId, testFailover(lab.stand, { testDurationMs: 3_600_000 }));
    await expectJob(lab.stand.db, job, { status: 'completed' });
    const row = await findFailover(lab.stand.db, job.id);
    const made = lab.stand.cloud.simulator.world.vms.find(({ id }) => id === row?.destinationVmId);

    expect(row).toMatchObject({
      status: 'completed',
      progressPercent: 100,
      currentStep: 'status-update',
      jobType: 'test',
      remaining: null,
      bootVerdict: { verdict: 'running' },
    });
    expect(row?.testExpiresAt?.getTime()).toBeGreaterThan(Date.now());
    expect(made?.nics.map(({ networkId }) => networkId)).toEqual([lab.stand.cloud.simulator.ids.testNetwork]);
    expect(await placementOf(lab.stand, contextId)).toMatchObject({
      volumes: [
        { at: 'vm', deviceId: 0 },
        { at: 'vm', deviceId: 1 },
      ],
      modes: ['failover', 'failover'],
      snapshots: 2,
      strays: [],
      context: 'failed_over_test',
    });
    expect(made?.name).toMatch(new RegExp(`^${vm.name}-test-\\d+$`));
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
    expect(await vm.wrongDisks()).toEqual([]);
  });

  test('for good shuts the source down, copies what it wrote last, and starts the VM on it', async () => {
    const { vm, contextId } = await replicated();
    await vm.write(2000, 5_000, noise(70_000, 3));
    const job = await failOverOnce(
      lab.stand,
      contextId,
      liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true }),
    );
    await expectJob(lab.stand.db, job, { status: 'completed' });

    expect(await findFailover(lab.stand.db, job.id)).toMatchObject({ status: 'completed', lossSeconds: 0 });
    expect(lab.control.vm(vm.name).powerState).toBe('poweredOff');
    const placement = await placementOf(lab.stand, contextId);
    expect(placement).toMatchObject({ context: 'failed_over_live', modes: ['failover', 'failover'] });
    expect(placement.vms).toContainEqual({ name: vm.name, state: 'Running' });
    expect(await vm.wrongDisks()).toEqual([]);
    expect(await vm.behind()).toEqual([]);
  });

  test('without the source starts from the last committed point, and says how much is lost', async () => {
    const { vm, contextId } = await replicated();
    await lab.stand
      .db('vm_replication_contexts')
      .where({ context_id: contextId })
      .update({ commit_snapshot_at: lab.stand.db.raw('now(6) - interval 1 hour') });
    lab.control.faults.add({ method: 'Login', kind: 'drop-before', times: 1_000 });
    const job = await failOverOnce(lab.stand, contextId, liveFailover(lab.stand));
    lab.control.faults.clear();
    await expectJob(lab.stand.db, job, { status: 'completed' });

    const { lossSeconds } = (await findFailover(lab.stand.db, job.id)) ?? {};
    expect(lossSeconds).toBeGreaterThanOrEqual(3_600);
    expect(lossSeconds).toBeLessThan(4_000);
    expect(await vm.wrongDisks()).toEqual([]);
  });

  test('for a test in the network of production is refused by the job, whoever accepted it', async () => {
    const { contextId } = await replicated();
    const before = await placementOf(lab.stand, contextId);
    const { testNetwork } = lab.stand.cloud.simulator.ids;
    await lab.stand.db('network_mappings').insert({
      vm_id: 'another',
      source_network_name: 'VM Network',
      destination_network_id: testNetwork,
      destination_network_name: 'lab-test',
      is_test_network: false,
    });
    const job = await failOverOnce(lab.stand, contextId, testFailover(lab.stand, { skipValidation: true }));
    await lab.stand.db('network_mappings').delete();

    await expectJob(lab.stand.db, job, { status: 'failed', errorCode: 'failover.not-ready' });
    expect(job.errorMessage).toContain('is where live mappings lead');
    expect(await placementOf(lab.stand, contextId)).toEqual(before);
  });

  const withoutTools = existsSync('/usr/bin/virt-inspector') ? test.skip : test;
  withoutTools('starts a guest as it was copied where nothing can convert it, and says so', async () => {
    const { contextId } = await replicated();
    const job = await failOverOnce(lab.stand, contextId, testFailover(lab.stand, { skipVirtio: false }));
    await expectJob(lab.stand.db, job, { status: 'completed' });

    const { conversion } = (await findFailover(lab.stand.db, job.id)) ?? {};
    expect(conversion).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('virt-inspector') });
  });

  test('has volumes handed over to it where they are, and gets none back that another VM has', async () => {
    const { contextId } = await replicated();
    const volumes = await lab.stand
      .db('ossea_volumes')
      .where({ vm_context_id: contextId })
      .pluck<string[]>('volume_id');
    const handOver = async (mode: 'failover' | 'oma'): Promise<JobRecord[]> => {
      const payloads = volumes.map((volumeId) => ({ action: 'hand-over', volumeId, mode }) as const);
      const jobs = payloads.map((payload) => submit(lab.stand.ledger, { contract: attachVolume, payload }));
      return Promise.all((await Promise.all(jobs)).map(({ jobId }) => lab.stand.ended(jobId)));
    };
    const at = async (): Promise<object> => {
      const { volumes: places, modes } = await placementOf(lab.stand, contextId);
      return { places: places.map((place) => place.at), modes };
    };

    for (const _again of [1, 2]) await handOver('failover');
    expect(await at()).toEqual({ places: ['oma', 'oma'], modes: ['failover', 'failover'] });
    await handOver('oma');
    expect(await at()).toEqual({ places: ['oma', 'oma'], modes: ['oma', 'oma'] });
    await failOverOnce(lab.stand, contextId, testFailover(lab.stand));
    const refused = await handOver('oma');
    expect(refused.map(({ errorCode }) => errorCode)).toEqual(Array(2).fill('volume.attached-elsewhere'));
    expect(await at()).toEqual({ places: ['vm', 'vm'], modes: ['failover', 'failover'] });
  });
});
