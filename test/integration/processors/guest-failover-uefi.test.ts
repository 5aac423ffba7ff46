import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { MiB } from '../../../src/base/units.ts';
import { findFailover } from '../../../src/db/stores/failover-store.ts';
import { makeBootImage } from '../../../src/lab/guest-image/boot-image.ts';
import { liveFailover, submitFailover } from '../../support/failovers.ts';
import { guestAccount } from '../../support/guest/console.ts';
import { expectJob } from '../../support/job-story.ts';
import { submitRollback } from '../../support/rollbacks.ts';
import { until } from '../../support/until.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

/** A VM of a vCenter that starts by UEFI moves for good, boots, and goes back: at no time do both run. */

jest.setTimeout(400_000);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' }, {}, { guests: true });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function replicated(): Promise<VsphereVm> {
  const dir = join(lab.stand.root, 'uefi-1');
  await mkdir(dir);
  const capacityBytes = 48 * MiB;
  const image = { home: process.cwd(), path: join(dir, 'system.img'), hostname: 'uefi-1', capacityBytes };
  await makeBootImage({ ...image, boots: 'uefi' });
  const disks = [{ capacityBytes, image: 'system.img', isImageMade: true }];
  const vm = VsphereVm.makeSo(lab, { dir, disks, changes: { firmware: 'efi' } });
  await expectJob(lab.stand.db, await vm.replicate(), { status: 'completed' });
  return vm;
}

const REFUSED = { errorCode: 531, errorText: 'injected: not yours', times: 100 };

interface Moment {
  readonly source: string;
  readonly vm: string | undefined;
}

/** What runs at the moment when an order to CloudStack was accepted, and nothing of it was done. */
async function atOrder(command: string, vm: VsphereVm, job: () => Promise<string>): Promise<[string, Moment]> {
  const { simulator } = lab.stand.cloud;
  simulator.faults.add({ command, kind: 'job-held', times: 1 });
  const jobId = await job();
  await until(() => (simulator.heldJobs() > 0 ? true : undefined), { withinMs: 120_000, what: `the order ${command}` });
  const made = simulator.world.vms.find((row) => row.name === vm.name);
  const moment = { source: lab.control.vm(vm.name).powerState, vm: made?.state };
  simulator.releaseJobs();
  return [jobId, moment];
}

const cloudJobs = (command: string, vmId: string) =>
  lab.stand.cloud.simulator.world.jobs.filter((job) => job.command === command && job.instanceId === vmId);

test('it is made with UEFI, boots, and its source is powered on again only when it is gone', async () => {
  const { stand, control } = lab;
  const { simulator } = stand.cloud;
  const vm = await replicated();
  const contextId = await vm.contextId();
  const env = {
    MIGRATEKIT_CONSOLE_TEXT_URL: `${simulator.controlUrl}/vms/{vm_id}/console`,
    MIGRATEKIT_CONSOLE_TEXT_TOKEN: simulator.controlToken.reveal(),
  };
  const options = liveFailover(stand, {
    ...{ powerOffSource: true, performFinalSync: true, serviceOfferingId: simulator.ids.serviceOffering },
  });
  await stand.withWorker(
    async () => {
      const failOver = (): Promise<string> => submitFailover(stand, contextId, options);
      const [failoverJobId, start] = await atOrder('startVirtualMachine', vm, failOver);
      expect(start).toEqual({ source: 'poweredOff', vm: 'Starting' });
      await expectJob(stand.db, await stand.ended(failoverJobId), { status: 'completed' });
      const failover = await findFailover(stand.db, failoverJobId);
      expect(failover).toMatchObject({ bootVerdict: { verdict: 'booted', vmState: 'Running' } });
      const vmId = failover?.destinationVmId ?? '';
      const [deployed] = cloudJobs('deployVirtualMachine', vmId);
      expect(deployed?.parameters).toMatchObject({ boottype: 'UEFI', bootmode: 'LEGACY' });
      const account = guestAccount(simulator.consoleText(vmId) ?? '');
      expect(account).toMatchObject({ hostname: 'uefi-1', firmware: 'uefi', isReady: true });
      // It has written to its disk, and the source is as it was.
      expect(await vm.behind()).toEqual(['disk-2000']);
      expect(control.vm(vm.name).powerState).toBe('poweredOff');

      // CloudStack does not stop it, so it runs on, and its source stays off whatever is asked for.
      simulator.faults.add({ command: 'stopVirtualMachine', kind: 'error', ...REFUSED });
      const how = { contextId, failoverJobId, powerOnSource: true };
      const forced = await stand.ended(await submitRollback(stand, { ...how, forceCleanup: true }));
      await expectJob(stand.db, forced, { status: 'failed', errorCode: 'rollback.incomplete' });
      expect(simulator.world.vms.find(({ id }) => id === vmId)?.state).toBe('Running');
      expect(control.vm(vm.name).powerState).toBe('poweredOff');
      const { remaining } = (await findFailover(stand.db, failoverJobId)) ?? {};
      expect(remaining).toContainEqual(expect.objectContaining({ kind: 'source-power' }));
      simulator.faults.clear();

      const rollBack = (): Promise<string> => submitRollback(stand, how);
      const [rollbackJobId, destroy] = await atOrder('destroyVirtualMachine', vm, rollBack);
      expect(destroy).toEqual({ source: 'poweredOff', vm: 'Stopped' });
      await expectJob(stand.db, await stand.ended(rollbackJobId), { status: 'completed' });
      expect(control.vm(vm.name).powerState).toBe('poweredOn');
      // By the logs of both: stopped, then destroyed, then the source.
      const order = [
        ...[...cloudJobs('stopVirtualMachine', vmId), ...cloudJobs('destroyVirtualMachine', vmId)].map((job) => {
          return { what: job.command, status: job.status, at: job.completedAt ?? '' };
        }),
        ...control.tasksOf(vm.name).flatMap(({ method, queuedAt: at }) => {
          return method === 'PowerOnVM_Task' ? { what: method, status: 1, at } : [];
        }),
      ].sort((left, right) => left.at.localeCompare(right.at));
      expect(order.map(({ what, status }) => `${what} ${status}`)).toEqual([
        'stopVirtualMachine 1',
        'destroyVirtualMachine 1',
        'PowerOnVM_Task 1',
      ]);
    },
    { env },
  );
  expect(await vm.behind()).toEqual([]);
});
