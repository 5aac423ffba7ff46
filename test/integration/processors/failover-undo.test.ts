import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import type { FailoverOptions } from '../../../src/domain/failover/options.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { liveFailover, placementOf, submitFailover, testFailover, type Placement } from '../../support/failovers.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
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
  vm = VsphereVm.make(lab, SIZES);
  await vm.write(2000, 0, noise(MiB, 1));
  await vm.write(2001, 512, noise(64 * 1024, 2));
  await expectJob(lab.stand.db, await lab.stand.ended(await vm.submit()), { status: 'completed' });
  contextId = await vm.contextId();
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

async function failedOver(options: FailoverOptions): Promise<JobRecord> {
  return lab.stand.ended(await submitFailover(lab.stand, contextId, options));
}

/** As before the failover, also to a stranger; the copy is whole, and the source runs. */
async function expectUndone(job: JobRecord, status: 'failed' | 'cancelled'): Promise<void> {
  await expectJob(lab.stand.db, job, { status });
  expect(await findFailover(lab.stand.db, job.id)).toMatchObject({ status: 'failed', remaining: null });
  expect(await placementOf(lab.stand, contextId)).toEqual(before);
  expect(lab.control.vm(vm.name).powerState).toBe('poweredOn');
  expect(await vm.wrongDisks()).toEqual([]);
  // What a VM had in its hands is trusted again, or copied anew: either way the next cycle is right, and so is its end.
  await vm.write(2000, 4096, noise(8192, Date.now()));
  await expectJob(lab.stand.db, await lab.stand.ended(await vm.submit()), { status: 'completed' });
  expect(await vm.wrongDisks()).toEqual([]);
}

const REFUSED = { kind: 'error', errorCode: 531, errorText: 'injected: not yours' } as const;
const COMMANDS = [
  'createSnapshot',
  'deployVirtualMachine',
  'detachVolume',
  'deleteVolume',
  'attachVolume',
  'startVirtualMachine',
];

describe('a failover that CloudStack refuses', () => {
  test.each(COMMANDS)('at %s is undone completely', async (command) => {
    lab.stand.cloud.simulator.faults.add({ command, ...REFUSED });
    const job = await failedOver(testFailover(lab.stand));

    expect(job.errorMessage).toContain('injected');
    await expectUndone(job, 'failed');
  });

  test('at its start switches the source on again', async () => {
    lab.stand.cloud.simulator.faults.add({ command: 'startVirtualMachine', ...REFUSED });
    const job = await failedOver(liveFailover(lab.stand, { powerOffSource: true }));

    await expectUndone(job, 'failed');
  });
});

describe('a failover whose undo CloudStack refuses', () => {
  test.each([
    ['deleteSnapshot', 2, 'snapshot'],
    ['destroyVirtualMachine', 1, 'vm'],
    ['revertSnapshot', 1, 'volume'],
  ])('at %s names what is left, undoes the rest and switches the source on', async (command, times, kind) => {
    const other = VsphereVm.make(lab, SIZES);
    await expectJob(lab.stand.db, await lab.stand.ended(await other.submit()), { status: 'completed' });
    const otherId = await other.contextId();
    const { faults } = lab.stand.cloud.simulator;
    faults.add({ command: 'startVirtualMachine', ...REFUSED });
    faults.add({ command, ...REFUSED, times });
    const jobId = await submitFailover(lab.stand, otherId, liveFailover(lab.stand, { powerOffSource: true }));
    const job = await lab.stand.ended(jobId);

    await expectJob(lab.stand.db, job, { status: 'failed' });
    const { remaining } = (await findFailover(lab.stand.db, jobId)) ?? {};
    const kinds = new Set((remaining as { kind: string }[]).map((each) => each.kind));
    expect(kinds).toContain(kind);
    expect(kinds).not.toContain('source-power');
    expect(lab.control.vm(other.name).powerState).toBe('poweredOn');
    const placement = await placementOf(lab.stand, otherId);
    expect(placement).toMatchObject({ modes: ['oma', 'oma'], strays: [], context: 'cleanup_required' });
    expect(placement.volumes.map(({ at }) => at)).toEqual(['oma', 'oma']);
  });
});

describe('a failover whose source', () => {
  test('ignores the shutdown ends there when the policy is to stop, and changes nothing', async () => {
    lab.control.faults.add({ method: 'ShutdownGuest', kind: 'guest-ignores' });
    const shutdown = { timeoutMs: 1_000, policy: 'stop' } as const;
    const job = await failedOver(liveFailover(lab.stand, { powerOffSource: true, shutdown }));

    expect(job.errorCode).toBe('power.guest-ignores');
    await expectUndone(job, 'failed');
  });

  test('cannot be copied a last time is undone, and the source runs again', async () => {
    const NOT_ALLOWED = { kind: 'fault', fault: 'NoPermission', fields: { privilegeId: 'x' } } as const;
    lab.control.faults.add({ method: 'CreateSnapshot_Task', ...NOT_ALLOWED });
    const job = await failedOver(liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true }));

    await expectUndone(job, 'failed');
  });
});

describe('a cancelled failover', () => {
  test.each(['createSnapshot', 'deployVirtualMachine', 'attachVolume', 'startVirtualMachine'])(
    'is undone, also while CloudStack is at %s',
    async (command) => {
      const { simulator } = lab.stand.cloud;
      simulator.faults.add({ command, kind: 'job-held' });
      const jobId = await submitFailover(lab.stand, contextId, liveFailover(lab.stand));
      await until(() => Promise.resolve(simulator.heldJobs() > 0), { withinMs: 60_000, what: `a held ${command}` });
      await cancel(lab.stand.ledger, jobId, { reason: 'enough' });
      simulator.releaseJobs();

      await expectUndone(await lab.stand.ended(jobId), 'cancelled');
    },
  );
});
