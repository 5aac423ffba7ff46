import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { attachVolume, detachVolume } from '../../../../src/cloudstack/volume-changes.ts';
import { createVolume } from '../../../../src/cloudstack/volume-creation.ts';
import { startTestCloud } from '../../../support/cloudstack.ts';
import { until } from '../../../support/until.ts';

test('each appliance sees its own volumes only, also after a restart', async () => {
  await using cloud = await startTestCloud({ omaVms: 3 });
  const { zone, diskOffering, omaVms } = cloud.simulator.ids;
  const placed = new Map<string, string>();
  for (const vmId of omaVms) {
    const wanted = { name: `at-${vmId}`, zoneId: zone, diskOfferingId: diskOffering, sizeBytes: GiB };
    const { id } = await createVolume(cloud.client, wanted);
    await attachVolume(cloud.client, { volumeId: id, vmId });
    placed.set(vmId, id);
  }
  const seenBy = (vmId: string) => readdirSync(cloud.simulator.deviceDirs[vmId] ?? '');
  const linkOf = (vmId: string) => `virtio-${placed.get(vmId)?.replaceAll('-', '').slice(0, 20)}`;
  const isPlaced = () => omaVms.every((vmId) => seenBy(vmId).join() === linkOf(vmId));
  await until(isPlaced, { withinMs: 30_000, what: 'the devices' });

  await cloud.restart({ omaVms: 1 });
  expect(cloud.simulator.ids.omaVms).toEqual(omaVms);
  expect(isPlaced()).toBe(true);
  expect(cloud.simulator.deviceDirs[omaVms[0] ?? '']).toBe(cloud.simulator.deviceDir);

  const [, second = '', third = ''] = omaVms;
  const volumeId = placed.get(second) ?? '';
  await detachVolume(cloud.client, { volumeId, vmId: second });
  expect(seenBy(second)).toEqual([]);
  await attachVolume(cloud.client, { volumeId, vmId: third });
  const moved = join(cloud.simulator.deviceDirs[third] ?? '', linkOf(second));
  await until(() => existsSync(moved), { withinMs: 30_000, what: 'the device at the other appliance' });
  expect(cloud.simulator.devicePath(volumeId)).toBe(moved);
});
