import { describe, expect, test } from '@jest/globals';
import { Places } from '../../../../src/vsphere/inventory/places.ts';
import { readSnapshots } from '../../../../src/vsphere/inventory/snapshot-tree.ts';
import type { ObjectRef } from '../../../../src/vsphere/soap/reference.ts';
import { parseXml, type XmlElement } from '../../../../src/vsphere/soap/xml.ts';

const ROOT = { type: 'Folder', id: 'group-d1' };
const ref = (type: string, id: string): ObjectRef => ({ type, id });
const link = (to: ObjectRef): XmlElement => parseXml(`<val type="${to.type}">${to.id}</val>`);

function place(
  places: Places,
  at: ObjectRef,
  fields: { name: string; parent?: ObjectRef; parentFolder?: ObjectRef },
): void {
  const properties = new Map([['name', parseXml(`<val>${fields.name}</val>`)]]);
  if (fields.parent !== undefined) properties.set('parent', link(fields.parent));
  if (fields.parentFolder !== undefined) properties.set('parentFolder', link(fields.parentFolder));
  places.take({ ref: at, properties, unreadable: [] });
}

function inventory(): Places {
  const places = new Places(ROOT);
  place(places, ref('Folder', 'group-d2'), { name: 'EU', parent: ROOT });
  place(places, ref('Datacenter', 'datacenter-3'), { name: 'DC%2f1', parent: ref('Folder', 'group-d2') });
  place(places, ref('Folder', 'group-v4'), { name: 'vm', parent: ref('Datacenter', 'datacenter-3') });
  place(places, ref('VirtualApp', 'resgroup-v5'), {
    name: 'shop',
    parent: ref('ResourcePool', 'resgroup-9'),
    parentFolder: ref('Folder', 'group-v4'),
  });
  return places;
}

describe('where a VM is', () => {
  test('is its way from the root, escaped, and its datacenter, as people see it', () => {
    expect(inventory().locate('a%2fb', ref('Folder', 'group-v4'))).toEqual({
      path: '/EU/DC%2f1/vm/a%2fb',
      folderPath: '/EU/DC%2f1/vm',
      datacenter: 'DC/1',
    });
  });

  test('leads through its vApp', () => {
    expect(inventory().locate('web', ref('VirtualApp', 'resgroup-v5'))?.path).toBe('/EU/DC%2f1/vm/shop/web');
  });

  test('is unknown while a part of the way is not visible', () => {
    expect(inventory().locate('web', ref('Folder', 'group-v99'))).toBeUndefined();
    expect(inventory().locate('web', undefined)).toBeUndefined();
  });

  test('is unknown where folders are inside themselves', () => {
    const places = new Places(ROOT);
    place(places, ref('Folder', 'a'), { name: 'a', parent: ref('Folder', 'b') });
    place(places, ref('Folder', 'b'), { name: 'b', parent: ref('Folder', 'a') });

    expect(places.locate('web', ref('Folder', 'a'))).toBeUndefined();
  });
});

describe('snapshots', () => {
  const one = (id: number, inner = ''): string =>
    `<snapshot type="VirtualMachineSnapshot">snapshot-${id}</snapshot><name>s${id}</name><description/><id>${id}</id>` +
    `<createTime>2026-11-22T01:02:03.4Z</createTime><quiesced>true</quiesced>${inner}`;

  test('come each after its parent', () => {
    const tree = one(
      1,
      `<childSnapshotList>${one(2)}</childSnapshotList><childSnapshotList>${one(3)}</childSnapshotList>`,
    );
    const info = parseXml(
      `<val><currentSnapshot type="VirtualMachineSnapshot">snapshot-3</currentSnapshot><rootSnapshotList>${tree}</rootSnapshotList></val>`,
    );

    expect(readSnapshots(info).map(({ id, parent, isCurrent }) => [id, parent?.id, isCurrent])).toEqual([
      [1, undefined, false],
      [2, 'snapshot-1', false],
      [3, 'snapshot-1', true],
    ]);
    expect(readSnapshots(info)[0]).toMatchObject({
      name: 's1',
      description: '',
      isQuiesced: true,
      createdAt: new Date(Date.UTC(2026, 10, 22, 1, 2, 3, 400)),
    });
  });

  test('are none where the VM has none', () => {
    expect(readSnapshots(undefined)).toEqual([]);
  });
});
