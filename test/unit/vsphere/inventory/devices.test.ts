import { describe, expect, test } from '@jest/globals';
import { readDisks } from '../../../../src/vsphere/inventory/disks.ts';
import { NetworkNames, readNetworkAdapters } from '../../../../src/vsphere/inventory/networks.ts';
import { parseXml, type XmlElement } from '../../../../src/vsphere/soap/xml.ts';
import { thrownBy } from '../../../support/thrown.ts';

const devices = (...xml: readonly string[]): readonly XmlElement[] =>
  parseXml(`<val xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${xml.join('')}</val>`).children;

const device = (type: string, fields: string): string => `<VirtualDevice xsi:type="${type}">${fields}</VirtualDevice>`;
const controller = (type: string, key: number, bus: number): string =>
  device(type, `<key>${key}</key><busNumber>${bus}</busNumber>`);
const disk = (key: number, fields: string, backing = ''): string =>
  device(
    'VirtualDisk',
    `<key>${key}</key>${fields}<backing xsi:type="VirtualDiskFlatVer2BackingInfo">${backing}</backing>`,
  );

describe('disks', () => {
  test('have everything by which they are known again', () => {
    const [found] = readDisks(
      devices(
        device('ParaVirtualSCSIController', '<key>1001</key><busNumber>1</busNumber><sharedBus>noSharing</sharedBus>'),
        device(
          'VirtualDisk',
          `<key>2017</key><deviceInfo><label>Hard disk 2</label></deviceInfo>
          <backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds 1] web01/web01-000002.vmdk</fileName>
          <datastore type="Datastore">datastore-12</datastore><diskMode>persistent</diskMode><thinProvisioned>true</thinProvisioned>
          <uuid>6000C29a-1</uuid><changeId>52 de/81</changeId><parent><fileName>x</fileName></parent><sharing>sharingNone</sharing></backing>
          <controllerKey>1001</controllerKey><unitNumber>3</unitNumber><capacityInKB>1</capacityInKB>
          <capacityInBytes>68169720922112</capacityInBytes><diskObjectId>1-2017</diskObjectId>`,
        ),
      ),
    );

    expect(found).toEqual({
      key: 2017,
      label: 'Hard disk 2',
      controller: { bus: 'scsi', busNumber: 1, sharing: 'noSharing' },
      unitNumber: 3,
      address: 'scsi1:3',
      capacityBytes: 68_169_720_922_112,
      diskObjectId: '1-2017',
      backing: {
        type: 'VirtualDiskFlatVer2BackingInfo',
        fileName: '[ds 1] web01/web01-000002.vmdk',
        datastore: { type: 'Datastore', id: 'datastore-12' },
        uuid: '6000C29a-1',
        mode: 'persistent',
        provisioning: 'thin',
        sharing: 'sharingNone',
        compatibilityMode: undefined,
        changeId: '52 de/81',
        hasParent: true,
      },
    });
  });

  test.each([
    ['VirtualLsiLogicSASController', 'scsi0:1'],
    ['VirtualBusLogicController', 'scsi0:1'],
    ['VirtualIDEController', 'ide0:1'],
    ['VirtualAHCIController', 'sata0:1'],
    ['VirtualNVMEController', 'nvme0:1'],
    ['VirtualUSBController', undefined],
  ])('at a %s have the address %s', (type, address) => {
    const fields = '<controllerKey>7</controllerKey><unitNumber>1</unitNumber><capacityInBytes>512</capacityInBytes>';
    const [found] = readDisks(devices(controller(type, 7, 0), disk(2000, fields)));

    expect(found?.address).toBe(address);
  });

  test.each([
    ['<thinProvisioned>true</thinProvisioned>', 'thin'],
    ['<thinProvisioned>false</thinProvisioned><eagerlyScrub>true</eagerlyScrub>', 'thick-eager'],
    ['<thinProvisioned>false</thinProvisioned><eagerlyScrub>false</eagerlyScrub>', 'thick-lazy'],
    ['', undefined],
  ])('of which vcenter says "%s" are %s', (backing, provisioning) => {
    const [found] = readDisks(devices(disk(2000, '<capacityInBytes>512</capacityInBytes>', backing)));

    expect(found?.backing.provisioning).toBe(provisioning);
  });

  test('of old versions have their size in KiB', () => {
    expect(readDisks(devices(disk(2000, '<capacityInKB>2147483648</capacityInKB>')))[0]?.capacityBytes).toBe(2 ** 41);
  });

  test.each([
    ['no size', ''],
    ['a size that no number holds exactly', '<capacityInBytes>9007199254740993</capacityInBytes>'],
    ['a negative size', '<capacityInBytes>-512</capacityInBytes>'],
    ['a size in KiB that is too large in bytes', '<capacityInKB>9007199254740991</capacityInKB>'],
  ])('with %s are refused, not guessed', (_what, fields) => {
    expect(thrownBy(() => readDisks(devices(disk(2000, fields))))).toMatchObject({ code: 'vsphere.bad-answer' });
  });
});

describe('network adapters', () => {
  const names = new NetworkNames();
  const network = (type: string, id: string, properties: Record<string, string>): boolean =>
    names.take({
      ref: { type, id },
      properties: new Map(Object.entries(properties).map(([path, value]) => [path, parseXml(`<val>${value}</val>`)])),
      unreadable: [],
    });
  network('Network', 'network-1', { name: 'VM Network' });
  network('DistributedVirtualPortgroup', 'dvportgroup-2', { name: 'prod%2fweb', key: 'dvportgroup-2' });
  network('OpaqueNetwork', 'network-o3', { name: 'overlay', 'summary.opaqueNetworkId': 'uuid-3' });
  const card = (type: string, backing: string): string =>
    device(
      type,
      `<key>4000</key><deviceInfo><label>Network adapter 1</label></deviceInfo>${backing}<connectable><connected>true</connected></connectable><macAddress>00:50:56:AA:00:01</macAddress>`,
    );

  test.each([
    [
      'VirtualVmxnet3',
      'VirtualEthernetCardNetworkBackingInfo',
      '<deviceName>old name</deviceName><network type="Network">network-1</network>',
      'standard',
      'VM Network',
    ],
    [
      'VirtualE1000e',
      'VirtualEthernetCardNetworkBackingInfo',
      '<deviceName>VM Network</deviceName>',
      'standard',
      'VM Network',
    ],
    [
      'VirtualVmxnet3',
      'VirtualEthernetCardDistributedVirtualPortBackingInfo',
      '<port><switchUuid>u</switchUuid><portgroupKey>dvportgroup-2</portgroupKey></port>',
      'distributed',
      'prod/web',
    ],
    [
      'VirtualVmxnet3',
      'VirtualEthernetCardDistributedVirtualPortBackingInfo',
      '<port><portgroupKey>dvportgroup-99</portgroupKey></port>',
      'distributed',
      undefined,
    ],
    [
      'VirtualVmxnet3',
      'VirtualEthernetCardOpaqueNetworkBackingInfo',
      '<opaqueNetworkId>uuid-3</opaqueNetworkId>',
      'opaque',
      'overlay',
    ],
    ['VirtualSriovEthernetCard', 'SomethingNew', '', 'unknown', undefined],
  ])(
    'of class %s behind %s (%s) are connected to a %s network, %s',
    (type, backing, ...[fields, networkKind, networkName]) => {
      const found = readNetworkAdapters(
        devices(
          card(type, `<backing xsi:type="${backing}">${fields}</backing>`),
          controller('VirtualIDEController', 200, 0),
        ),
        names,
      );

      expect(found).toEqual([
        {
          key: 4000,
          label: 'Network adapter 1',
          adapterType: type.slice('Virtual'.length).toLowerCase(),
          macAddress: '00:50:56:aa:00:01',
          isConnected: true,
          networkKind,
          networkName,
        },
      ]);
    },
  );
});
