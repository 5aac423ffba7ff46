import { expect, test } from '@jest/globals';
import { addOmas, makeFirstWorld } from '../../../../src/lab/cloudstack/first-world.ts';
import { readWorld } from '../../../../src/lab/cloudstack/world.ts';

const without = (row: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

test('a world of the first version goes on with its appliance as the only one', () => {
  const world = makeFirstWorld({}, 0);
  const { omaVmIds, ...rest } = without(world, ['snapshots', 'settings', 'domains']);
  const vms = world.vms.map((vm) => without(vm, ['details', 'bootType', 'bootMode']));
  const volumes = world.volumes.map((volume) => without(volume, ['templateId', 'snapshotId']));
  const one = { ...rest, vms, volumes, version: 1, omaVmId: world.omaVmIds[0] };
  expect(omaVmIds).toHaveLength(1);

  expect(readWorld(JSON.stringify(one))).toEqual({
    ...world,
    domains: [],
    volumes: world.volumes.map((volume) => ({ ...volume, templateId: null })),
  });
});

test('a file that is no world is refused', () => {
  expect(() => readWorld('{"version":1}')).toThrow();
});

test('appliances are added to those that there are, each with a root disk and a card of its own', () => {
  const world = makeFirstWorld({}, 0);
  const [first] = world.omaVmIds;

  addOmas(world, { omaVms: 3 }, 0);
  addOmas(world, { omaVms: 2 }, 0);

  expect(world.omaVmIds).toEqual(world.vms.map((vm) => vm.id));
  expect(world.omaVmIds[0]).toBe(first);
  expect(world.vms.map((vm) => vm.name)).toEqual(['oma', 'oma-2', 'oma-3']);
  expect(new Set(world.vms.map((vm) => vm.nics[0]?.macAddress)).size).toBe(3);
  expect(world.volumes.map((volume) => [volume.vmId, volume.type])).toEqual(world.omaVmIds.map((id) => [id, 'ROOT']));
});
