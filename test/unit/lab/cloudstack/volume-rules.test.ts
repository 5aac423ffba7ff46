import { describe, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { makeFirstWorld } from '../../../../src/lab/cloudstack/first-world.ts';
import { checkResize, chooseDeviceId, getsStorage } from '../../../../src/lab/cloudstack/volume-rules.ts';
import type { VmRow, VolumeRow, World } from '../../../../src/lab/cloudstack/world.ts';
import { vmSnapshotOf } from '../../../support/cloudstack.ts';

interface Scene {
  readonly world: World;
  readonly vm: VmRow;
  readonly root: VolumeRow;
  readonly volume: VolumeRow;
}

/** The OMA with room for four data volumes, and a new volume. */
function scene(): Scene {
  const world = makeFirstWorld({ dataVolumesMax: 4 }, 0);
  const [vm] = world.vms;
  const [root] = world.volumes;
  const [offering] = world.diskOfferings;
  if (vm === undefined || root === undefined || offering === undefined) throw new Error('the first world is empty');
  const volume: VolumeRow = {
    ...root,
    id: 'new',
    type: 'DATADISK',
    state: 'Allocated',
    sizeBytes: 2 * GiB,
    diskOfferingId: offering.id,
    vmId: null,
    deviceId: null,
  };
  world.volumes.push(volume);
  return { world, vm, root, volume };
}

describe('device ids', () => {
  test.each([3, 6, -1])('%d cannot be asked for', (deviceId) => {
    const { world, vm, volume } = scene();

    expect(() => chooseDeviceId(world, { vm, volume, deviceId })).toThrow('deviceId should be 0,1,2,4-5');
  });

  test('that are taken cannot be asked for', () => {
    const { world, vm, volume } = scene();

    expect(() => chooseDeviceId(world, { vm, volume, deviceId: 0 })).toThrow('deviceId 0 is used by vm 2');
  });

  test('are the lowest that is free', () => {
    const { world, vm, volume, root } = scene();
    world.volumes.push({ ...root, id: 'one', deviceId: 1 }, { ...root, id: 'four', deviceId: 4 });

    expect(chooseDeviceId(world, { vm, volume, deviceId: undefined })).toBe(2);
  });
});

describe('storage', () => {
  test('is given at the first attach to a VM that has storage', () => {
    const { world, vm, volume } = scene();

    expect(getsStorage(world, { vm, volume, deviceId: undefined })).toBe(true);
  });

  test('is not given at a VM whose root disk has none yet', () => {
    const { world, vm, volume, root } = scene();
    root.state = 'Allocated';

    expect(getsStorage(world, { vm, volume, deviceId: undefined })).toBe(false);
  });
});

describe('sizes', () => {
  const resize = ({ world, volume }: Scene, sizeBytes: number, shrinkOk = false) => {
    checkResize(world, { volume, sizeBytes, shrinkOk });
  };

  test('may grow', () => {
    expect(() => resize(scene(), 3 * GiB)).not.toThrow();
  });

  test('may shrink only before there is storage, and only where that is signed off', () => {
    const fresh = scene();
    expect(() => resize(fresh, GiB)).toThrow('would shrink the volume');
    expect(() => resize(fresh, GiB, true)).not.toThrow();

    fresh.volume.state = 'Ready';
    expect(() => resize(fresh, GiB, true)).toThrow('Unable to shrink volumes of type QCOW2');
  });

  test('of an offering that fixes them stay as they are', () => {
    const fixed = scene();
    fixed.volume.diskOfferingId = fixed.world.diskOfferings.find((row) => !row.customized)?.id ?? null;

    expect(() => resize(fixed, 3 * GiB)).toThrow('must be customizable');
  });

  test('stay as they are while the VM has snapshots', () => {
    const { world, volume, vm } = scene();
    volume.vmId = vm.id;
    world.vmSnapshots.push(vmSnapshotOf(vm.id));

    expect(() => checkResize(world, { volume, sizeBytes: 3 * GiB, shrinkOk: false })).toThrow('VM snapshots');
  });
});
