import { describe, expect, test } from '@jest/globals';
import type { VirtualDisk } from '../../../../src/vsphere/inventory/disks.ts';
import { diskFacts, requireInSnapshots } from '../../../../src/vma/vsphere/facts.ts';
import { thrownBy } from '../../../support/thrown.ts';

type Changes = Partial<Omit<VirtualDisk, 'backing'>> & { readonly backing?: Partial<VirtualDisk['backing']> };

function disk({ backing, ...changes }: Changes = {}): VirtualDisk {
  return {
    key: 2000,
    label: 'Hard disk 1',
    controller: { bus: 'scsi', busNumber: 0, sharing: 'noSharing' },
    unitNumber: 0,
    address: 'scsi0:0',
    capacityBytes: 1024,
    diskObjectId: '1-2000',
    ...changes,
    backing: {
      type: 'VirtualDiskFlatVer2BackingInfo',
      fileName: '[ds] vm/vm.vmdk',
      datastore: { type: 'Datastore', id: 'datastore-1' },
      uuid: '6000C29',
      mode: 'persistent',
      provisioning: 'thin',
      sharing: 'sharingNone',
      compatibilityMode: undefined,
      changeId: undefined,
      hasParent: false,
      ...backing,
    },
  };
}

describe('facts of a disk', () => {
  test.each([
    ['VirtualDiskFlatVer2BackingInfo', undefined, 'flat'],
    ['VirtualDiskSparseVer2BackingInfo', undefined, 'sparse'],
    ['VirtualDiskSeSparseBackingInfo', undefined, 'se-sparse'],
    ['VirtualDiskRawDiskMappingVer1BackingInfo', 'virtualMode', 'rdm-virtual'],
    ['VirtualDiskRawDiskMappingVer1BackingInfo', 'physicalMode', 'rdm-physical'],
    ['VirtualDiskRawDiskMappingVer1BackingInfo', undefined, 'rdm-physical'],
    ['VirtualDiskFlatVer1BackingInfo', undefined, 'other'],
    ['constructor', undefined, 'other'],
  ])('a backing %s, %s, is %s', (type, compatibilityMode, backing) => {
    expect(diskFacts(disk({ backing: { type, compatibilityMode } }), false).backing).toBe(backing);
  });

  test('a disk is shared by its own mode, or by the bus of its controller', () => {
    const bus = (sharing: string | undefined): VirtualDisk =>
      disk({ controller: { bus: 'scsi', busNumber: 1, sharing } });
    expect(diskFacts(disk({ backing: { sharing: 'sharingMultiWriter' } }), false).is_shared).toBe(true);
    expect(diskFacts(bus('physicalSharing'), false).is_shared).toBe(true);
    for (const one of [disk(), bus(undefined), disk({ controller: undefined, backing: { sharing: undefined } })]) {
      expect(diskFacts(one, false).is_shared).toBe(false);
    }
  });

  test('what vSphere does not say is not known', () => {
    const facts = diskFacts(disk({ diskObjectId: undefined, backing: { uuid: undefined, mode: undefined } }), true);
    expect(facts).toMatchObject({ backing_uuid: null, object_id: null, disk_mode: '', is_in_use_map_whole: true });
  });

  test('a disk that no snapshot can hold is refused by the code of the guard', () => {
    requireInSnapshots(disk());
    const refused: [Changes, string][] = [
      [{ backing: { mode: 'independent_nonpersistent' } }, 'cbt.mode-unsupported'],
      [{ backing: { mode: undefined } }, 'cbt.mode-unsupported'],
      [{ backing: { type: 'VirtualDiskRawDiskMappingVer1BackingInfo' } }, 'cbt.backing-unsupported'],
      [{ backing: { sharing: 'sharingMultiWriter' } }, 'cbt.shared'],
    ];
    for (const [changes, code] of refused) {
      expect(thrownBy(() => requireInSnapshots(disk(changes)))).toMatchObject({ code, kind: 'precondition' });
    }
  });
});
