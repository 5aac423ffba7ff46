import { describe, expect, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { compareSpecs, type StoredVm } from '../../../src/vma/vcenter/compare-specs.ts';
import { presentVm } from '../../../src/vma/vcenter/present-vm.ts';
import type { DiscoveredVm } from '../../../src/vma/vcenter-contract.ts';
import type { VirtualDisk } from '../../../src/vsphere/inventory/disks.ts';
import type { VirtualMachine } from '../../../src/vsphere/inventory/virtual-machine.ts';

const disk = (key: number, gib: number, datastore = 'ds1'): VirtualDisk => ({
  key,
  label: `Hard disk ${key}`,
  controller: undefined,
  unitNumber: key - 2000,
  address: `scsi0:${key - 2000}`,
  capacityBytes: gib * GiB,
  diskObjectId: undefined,
  backing: {
    type: 'VirtualDiskFlatVer2BackingInfo',
    fileName: `[${datastore}] web/web-${key}.vmdk`,
    datastore: undefined,
    uuid: `uuid-${key}`,
    mode: 'persistent',
    provisioning: 'thin',
    sharing: undefined,
    compatibilityMode: undefined,
    changeId: undefined,
    hasParent: false,
  },
});

const MACHINE: VirtualMachine = {
  ref: { type: 'VirtualMachine', id: 'vm-1' },
  name: 'web',
  location: { path: '/DC/vm/web', folderPath: '/DC/vm', datacenter: 'DC' },
  instanceUuid: 'i',
  biosUuid: 'b',
  hardwareVersion: 'vmx-19',
  cpuCount: 2,
  memoryMib: 4096,
  guestId: 'debian',
  guestFullName: 'Debian',
  firmware: 'bios',
  isSecureBoot: false,
  annotation: undefined,
  isTemplate: false,
  powerState: 'poweredOn',
  connectionState: 'connected',
  host: undefined,
  tools: { runningStatus: undefined, versionStatus: undefined, version: undefined },
  changeTracking: { isSupported: true, isEnabled: true },
  isConsolidationNeeded: false,
  snapshots: [],
  disks: [disk(2000, 10), disk(2001, 20)],
  networkAdapters: [adapter('00:50:56:00:00:01', 'front'), adapter('00:50:56:00:00:02', 'back')],
  unreadable: [],
};

function adapter(macAddress: string, networkName: string | undefined): VirtualMachine['networkAdapters'][number] {
  return {
    key: 4000,
    label: `Network adapter ${macAddress}`,
    adapterType: 'vmxnet3',
    macAddress,
    isConnected: true,
    networkKind: 'standard',
    networkName,
  };
}

const now = (changes: Partial<VirtualMachine> = {}): DiscoveredVm => presentVm({ ...MACHINE, ...changes }, new Map());
const STORED: StoredVm = now();

const told = (changes: Partial<VirtualMachine>, stored: StoredVm = STORED): string[] =>
  compareSpecs(stored, now(changes)).map(({ text }) => text);

describe('what became of a VM', () => {
  test('is nothing where it is as it was', () => {
    expect(compareSpecs(STORED, now())).toEqual([]);
  });

  test.each<[string, Partial<VirtualMachine>, string]>([
    ['processors', { cpuCount: 4 }, 'processors: 2 became 4'],
    ['memory', { memoryMib: 8192 }, 'memory in MiB: 4096 became 8192'],
    ['firmware', { firmware: 'efi' }, 'firmware: bios became efi'],
    ['secure boot', { isSecureBoot: true }, 'secure boot: false became true'],
    ['its name', { name: 'www' }, 'name: web became www'],
    ['a disk that grew', { disks: [disk(2000, 15), disk(2001, 20)] }, 'disk-2000 grew from 10.0 GiB to 15.0 GiB'],
    ['a disk that shrank', { disks: [disk(2000, 5), disk(2001, 20)] }, 'disk-2000 shrank from 10.0 GiB to 5.0 GiB'],
    ['a new disk', { disks: [...MACHINE.disks, disk(2002, 1)] }, 'disk-2002 of 1.0 GiB was added'],
    ['a disk that is gone', { disks: [disk(2000, 10)] }, 'disk-2001 was removed'],
    ['a disk that moved', { disks: [disk(2000, 10, 'ds2'), disk(2001, 20)] }, 'datastore of disk-2000: ds1 became ds2'],
    [
      'an adapter on another network',
      { networkAdapters: [adapter('00:50:56:00:00:01', 'front'), adapter('00:50:56:00:00:02', 'front')] },
      'network of 00:50:56:00:00:02: back became front',
    ],
    [
      'an adapter that is gone',
      { networkAdapters: [adapter('00:50:56:00:00:02', 'back')] },
      '00:50:56:00:00:01 was removed',
    ],
    [
      'a new adapter',
      { networkAdapters: [...MACHINE.networkAdapters, adapter('00:50:56:00:00:03', 'lab')] },
      '00:50:56:00:00:03 was added, to lab',
    ],
  ])('is told: %s', (_what, changes, text) => {
    expect(told(changes)).toEqual([text]);
  });

  test('counts an exchanged adapter as one gone and one new', () => {
    const networkAdapters = [adapter('00:50:56:00:00:01', 'front'), adapter('00:50:56:00:00:09', 'back')];

    expect(told({ networkAdapters })).toEqual([
      '00:50:56:00:00:02 was removed',
      '00:50:56:00:00:09 was added, to back',
    ]);
  });

  test('counts what one side does not know as no difference', () => {
    const stored = { ...STORED, cpus: null, firmware: undefined, memory_mb: undefined };

    expect(told({ cpuCount: 9, firmware: 'efi', memoryMib: 1 }, stored)).toEqual([]);
    expect(
      told({ networkAdapters: MACHINE.networkAdapters.map((one) => ({ ...one, networkName: undefined })) }),
    ).toEqual([]);
  });

  test('compares whole GiB where no more was stored', () => {
    const disks = STORED.disks.map((one) => ({ ...one, capacity_bytes: null }));
    const almost = { ...disk(2000, 10), capacityBytes: 10 * GiB - 512 };

    expect(told({ disks: [almost, disk(2001, 20)] }, { ...STORED, disks })).toEqual([]);
    expect(told({ disks: [almost, disk(2001, 21)] }, { ...STORED, disks })).toEqual([
      'disk-2001 grew from 20.0 GiB to 21.0 GiB',
    ]);
  });

  test('has every field in numbers, for programs', () => {
    expect(compareSpecs(STORED, now({ disks: [disk(2000, 15)] }))).toMatchObject([
      { field: 'disks.disk-2000.capacity_bytes', kind: 'changed', stored: 10 * GiB, current: 15 * GiB },
      { field: 'disks.disk-2001', kind: 'removed', stored: 20 * GiB, current: null },
    ]);
  });
});
