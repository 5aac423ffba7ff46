import { describe, expect, test } from '@jest/globals';
import { makeFirstWorld } from '../../../../src/lab/cloudstack/first-world.ts';
import {
  bootOf,
  checkDestroy,
  checkName,
  checkStart,
  checkStop,
  volumesToGo,
} from '../../../../src/lab/cloudstack/vm-rules.ts';
import type { VmRow, VolumeRow, World } from '../../../../src/lab/cloudstack/world.ts';

function scene(): { world: World; vm: VmRow; root: VolumeRow; live: string } {
  const world = makeFirstWorld({}, 0);
  const [vm] = world.vms;
  const [root] = world.volumes;
  const live = vm?.nics[0]?.networkId;
  if (vm === undefined || root === undefined || live === undefined) throw new Error('the first world is empty');
  return { world, vm, root, live };
}

describe('the name of a VM', () => {
  test.each(['web-1', 'A', 'a'.repeat(63)])('may be %s', (name) => {
    expect(() => checkName(scene().world, name, [])).not.toThrow();
  });

  test.each(['', '1a', '-a', 'a-', 'a_b', 'a.b', 'a b', 'ä', 'a'.repeat(64)])('may not be %j', (name) => {
    expect(() => checkName(scene().world, name, [])).toThrow('Invalid name.');
  });

  test('is used once in a network, but for destroyed VMs and on layer 2', () => {
    const { world, vm, live } = scene();
    const layer2 = world.networks.find((row) => row.type === 'L2')?.id ?? '';

    expect(() => checkName(world, vm.name.toUpperCase(), [live])).toThrow('already exists in the network domain');
    expect(() => checkName(world, vm.name, [layer2])).not.toThrow();
    vm.state = 'Destroyed';
    expect(() => checkName(world, vm.name, [live])).not.toThrow();
  });
});

test('firmware is BIOS where nobody says otherwise, and takes names in any case', () => {
  expect(bootOf('a', { type: undefined, mode: undefined })).toEqual({ bootType: 'BIOS', bootMode: 'LEGACY' });
  expect(bootOf('a', { type: 'uefi', mode: 'secure' })).toEqual({ bootType: 'UEFI', bootMode: 'SECURE' });
  expect(() => bootOf('a', { type: 'UEFI', mode: undefined })).toThrow('bootMode must be specified');
  expect(() => bootOf('a', { type: 'BIOS', mode: 'fast' })).toThrow('Invalid bootMode FAST specified for vm a');
});

describe('power', () => {
  test('needs a root disk', () => {
    const { world, vm, root } = scene();
    expect(() => checkStart(world, vm)).toThrow('is already running');
    vm.state = 'Stopped';
    expect(() => checkStart(world, vm)).not.toThrow();

    root.type = 'DATADISK';
    expect(() => checkStart(world, vm)).toThrow('ROOT volume is missing');
    world.volumes = [];
    expect(() => checkStart(world, vm)).toThrow('no usable volumes found');
  });

  test.each(['Starting', 'Stopping', 'Destroyed', 'Error'] as const)('of a VM that is %s is left alone', (state) => {
    const { world, vm } = scene();
    vm.state = state;

    expect(() => checkStart(world, vm)).toThrow(`in state ${state}`);
    expect(() => checkStop(vm)).toThrow(`in state ${state}`);
  });
});

describe('the end', () => {
  test('of a destroyed VM is its expunging', () => {
    const { vm } = scene();
    vm.state = 'Destroyed';

    expect(() => checkDestroy(vm, false)).toThrow('in state Destroyed');
    expect(() => checkDestroy(vm, true)).not.toThrow();
  });

  test('takes data volumes of the VM along, and nothing else', () => {
    const { world, vm, root } = scene();
    const data: VolumeRow = { ...root, id: 'data', type: 'DATADISK', deviceId: 1 };
    world.volumes.push(data, { ...data, id: 'free', vmId: null });

    expect(volumesToGo(world, vm, ['data'])).toEqual([data]);
    expect(() => volumesToGo(world, vm, ['free'])).toThrow('not attached to the VM: free');
    expect(() => volumesToGo(world, vm, [root.id])).toThrow('Please specify volume of type DATADISK');
  });
});
