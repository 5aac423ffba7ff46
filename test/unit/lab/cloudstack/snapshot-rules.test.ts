import { describe, expect, test } from '@jest/globals';
import { GiB } from '../../../../src/base/units.ts';
import { makeFirstWorld } from '../../../../src/lab/cloudstack/first-world.ts';
import {
  checkDeleteSnapshot,
  checkRevert,
  checkSource,
  checkTaking,
} from '../../../../src/lab/cloudstack/snapshot-rules.ts';
import { checkDelete } from '../../../../src/lab/cloudstack/volume-rules.ts';
import {
  checkDeleteVmSnapshot,
  checkRevertVm,
  checkTakingVm,
} from '../../../../src/lab/cloudstack/vm-snapshot-rules.ts';
import type { SnapshotRow, VmRow, VolumeRow, World } from '../../../../src/lab/cloudstack/world.ts';
import { vmSnapshotOf } from '../../../support/cloudstack.ts';

interface Scene {
  readonly world: World;
  readonly vm: VmRow;
  readonly volume: VolumeRow;
  readonly snapshot: SnapshotRow;
}

/** A VM with a data volume that has a snapshot. */
function scene(): Scene {
  const world = makeFirstWorld({}, 0);
  const [vm] = world.vms;
  const [root] = world.volumes;
  if (vm === undefined || root === undefined) throw new Error('the first world is empty');
  const volume: VolumeRow = { ...root, id: 'data', type: 'DATADISK', deviceId: 1 };
  const snapshot: SnapshotRow = {
    id: 'snapshot',
    name: 'before',
    volumeId: volume.id,
    volumeName: volume.name,
    volumeType: 'DATADISK',
    zoneId: volume.zoneId,
    sizeBytes: GiB,
    state: 'BackedUp',
    account: 'admin',
    createdAt: '',
  };
  world.volumes.push(volume);
  world.snapshots.push(snapshot);
  return { world, vm, volume, snapshot };
}

describe('a snapshot of a volume', () => {
  test.each([
    ['Running', 'false', 'KVM Snapshot is not supported for Running VMs'],
    ['Starting', 'false', 'KVM Snapshot is not supported for Running VMs'],
    ['Destroyed', 'true', 'is in Destroyed state'],
  ] as const)('is not taken at a VM that is %s with kvm.snapshot.enabled=%s', (state, enabled, text) => {
    const { world, vm, volume } = scene();
    vm.state = state;
    world.settings['kvm.snapshot.enabled'] = enabled;

    expect(() => checkTaking(world, volume, false)).toThrow(text);
  });

  test.each([
    ['Running', 'true'],
    ['Stopped', 'false'],
  ] as const)('is taken at a VM that is %s with kvm.snapshot.enabled=%s, but never quiesced', (state, enabled) => {
    const { world, vm, volume } = scene();
    vm.state = state;
    world.settings['kvm.snapshot.enabled'] = enabled;

    expect(() => checkTaking(world, volume, false)).not.toThrow();
    expect(() => checkTaking(world, volume, true)).toThrow("can't handle quiescevm equal true for volume snapshot");
  });

  test('is reverted to at a stopped VM, or detached', () => {
    const { world, vm, volume, snapshot } = scene();
    expect(() => checkRevert(world, snapshot)).toThrow('is not in the shutdown state.');

    vm.state = 'Stopped';
    expect(checkRevert(world, snapshot)).toBe(volume);
    world.vmSnapshots.push(vmSnapshotOf(vm.id));
    expect(() => checkRevert(world, snapshot)).toThrow('please remove VM snapshots');
    volume.vmId = null;
    expect(checkRevert(world, snapshot)).toBe(volume);
  });

  test.each(['Allocated', 'Snapshotting', 'Reverting', 'Destroy'] as const)(
    'is not reverted to while its volume is %s',
    (state) => {
      const { world, volume, snapshot } = scene();
      Object.assign(volume, { state, vmId: null });

      expect(() => checkRevert(world, snapshot)).toThrow('The volume is not in Ready state.');
    },
  );

  test('that is not whole is good for nothing, and keeps its volume while it is taken', () => {
    const { world, vm, volume, snapshot } = scene();
    vm.state = 'Stopped';
    volume.vmId = null;
    snapshot.state = 'BackingUp';

    expect(() => checkRevert(world, snapshot)).toThrow('not exist in data store');
    expect(() => checkSource(snapshot)).toThrow('is not in BackedUp state yet');
    expect(() => checkDeleteSnapshot(snapshot)).toThrow('due to it is in BackingUp Status');
    expect(() => checkDelete(world, volume)).toThrow('There are snapshot operations in progress');
    snapshot.state = 'Error';
    expect(() => checkDeleteSnapshot(snapshot)).not.toThrow();
  });
});

describe('a snapshot of a VM', () => {
  const taking = { displayName: 'x', memory: false };

  test.each([
    ['Running', false, 'KVM VM does not allow to take a disk-only snapshot when VM is in running state'],
    ['Stopped', true, 'Can not snapshot memory when VM is not in Running state'],
    ['Starting', false, 'is not in the running or Stopped state'],
  ] as const)('is not taken of a VM that is %s, with memory: %s', (state, memory, text) => {
    const { world, vm } = scene();
    vm.state = state;

    expect(() => checkTakingVm(world, { ...taking, vm, memory })).toThrow(text);
  });

  test('waits for snapshots of its volumes, and for others of its VM', () => {
    const { world, vm, snapshot } = scene();
    vm.state = 'Stopped';
    snapshot.state = 'Creating';
    expect(() => checkTakingVm(world, { ...taking, vm })).toThrow('other active volume snapshot tasks');

    snapshot.state = 'BackedUp';
    const other = { ...vmSnapshotOf(vm.id), state: 'Creating' as const };
    world.vmSnapshots.push(other);
    expect(() => checkTakingVm(world, { ...taking, vm })).toThrow('other active vm snapshot tasks');
    expect(() => checkDeleteVmSnapshot(world, other)).toThrow('not in Created or Error, or Expunging State');
  });

  test('does not turn a VM on or off', () => {
    const { world, vm } = scene();
    const ofMemory = vmSnapshotOf(vm.id);
    const ofDisks = { ...ofMemory, type: 'Disk' as const };

    expect(() => checkRevertVm(world, ofMemory, vm)).not.toThrow();
    expect(() => checkRevertVm(world, ofDisks, vm)).toThrow('This will result in VM state change');
    vm.state = 'Stopped';
    expect(() => checkRevertVm(world, ofDisks, vm)).not.toThrow();
    expect(() => checkRevertVm(world, ofMemory, vm)).toThrow('This will result in VM state change');
  });
});
