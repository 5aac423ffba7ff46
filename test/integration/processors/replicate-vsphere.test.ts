import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { KiB, MiB } from '../../../src/base/units.ts';
import { expectJob } from '../../support/job-story.ts';
import { noise } from '../../support/nbd-servers.ts';
import { openVsphereStand, VsphereVm, type VsphereStand } from '../../support/vsphere-stand.ts';

jest.setTimeout(180_000);

let lab: VsphereStand;
beforeAll(async () => {
  lab = await openVsphereStand();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

test('a VM is copied in full, then by its changes', async () => {
  const vm = VsphereVm.make(lab, [3 * MiB + 512, 2 * MiB]);
  await vm.write(2000, MiB, noise(300 * KiB, 1));
  const first = await vm.replicate();
  await expectJob(lab.stand.db, first, { status: 'completed' });
  expect(await vm.wrongDisks()).toEqual([]);
  await vm.write(2001, 100, noise(10, 2));
  const second = await vm.replicate();
  await expectJob(lab.stand.db, second, { status: 'completed' });
  expect(JSON.parse(second.resultJson ?? '')).toMatchObject({ type: 'incremental' });
  expect(await vm.wrongDisks()).toEqual([]);
  expect(vm.leftSnapshots()).toEqual([]);
});
