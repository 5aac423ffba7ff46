import { describe, expect, test } from '@jest/globals';
import type { CloudStackClient } from '../../../src/cloudstack/client.ts';
import { listDomains } from '../../../src/cloudstack/domains.ts';
import { listInstances } from '../../../src/cloudstack/instances.ts';
import { listNetworks } from '../../../src/cloudstack/networks.ts';
import { listDiskOfferings, listServiceOfferings } from '../../../src/cloudstack/offerings.ts';
import { listSnapshots } from '../../../src/cloudstack/snapshots.ts';
import { listTemplates } from '../../../src/cloudstack/templates.ts';
import { listVmSnapshots } from '../../../src/cloudstack/vm-snapshots.ts';
import { listVolumes } from '../../../src/cloudstack/volumes.ts';
import { listZones } from '../../../src/cloudstack/zones.ts';
import { startOddCloud, type OddAnswer } from '../../support/odd-cloud.ts';

/** Fields as other versions write them: what can be read is read, and what cannot is undefined, never guessed. */

interface Noun {
  readonly item: string;
  readonly list: (client: CloudStackClient) => Promise<readonly object[]>;
  /** Every field that is read, as odd as versions and proxies make it, and what becomes of it. */
  readonly odd: Readonly<Record<string, unknown>>;
  readonly read: Readonly<Record<string, unknown>>;
}

const at = new Date('2021-08-27T08:46:55Z');
const created = '2021-08-27T08:46:55+0000';

const NOUNS: readonly Noun[] = [
  {
    item: 'volume',
    list: (client) => listVolumes(client),
    odd: { name: 7, size: '10737418240', deviceid: '1', virtualmachineid: 'vm', zoneid: 3, jobid: 'j', jobstatus: '0' },
    read: { name: '7', sizeBytes: 10_737_418_240, deviceId: 1, vmId: 'vm', zoneId: '3', pendingJobId: 'j' },
  },
  {
    item: 'virtualmachine',
    list: (client) => listInstances(client),
    odd: { name: 'a', nic: [{ macaddress: '02:AB:00:00:00:01', networkid: 4, id: null }], templateid: 9 },
    read: {
      name: 'a',
      templateId: '9',
      nics: [expect.objectContaining({ macAddress: '02:ab:00:00:00:01', networkId: '4', id: undefined })],
    },
  },
  {
    item: 'snapshot',
    list: (client) => listSnapshots(client),
    odd: { volumeid: 5, virtualsize: '2048', revertable: 'true', created, state: 'BackedUp' },
    read: { volumeId: '5', sizeBytes: 2048, isRevertable: true, createdAt: at, state: 'BackedUp' },
  },
  {
    item: 'vmSnapshot',
    list: (client) => listVmSnapshots(client, { vmId: 'vm' }),
    odd: { current: 'false', created, virtualmachineid: 2 },
    read: { isCurrent: false, createdAt: at, vmId: '2' },
  },
  {
    item: 'template',
    list: (client) => listTemplates(client, { zoneId: 'z' }),
    odd: { ostypeid: 142, isready: 'true', size: '1073741824' },
    read: { osTypeId: '142', ready: true, sizeBytes: 1_073_741_824 },
  },
  {
    item: 'zone',
    list: (client) => listZones(client),
    odd: { name: 1, localstorageenabled: 'true', securitygroupsenabled: false },
    read: { name: '1', localStorage: true, securityGroups: false },
  },
  {
    item: 'diskoffering',
    list: (client) => listDiskOfferings(client),
    odd: { iscustomized: 'true', disksize: '0', encrypt: 'false' },
    read: { customized: true, diskSizeGiB: 0, encrypted: false },
  },
  {
    item: 'serviceoffering',
    list: (client) => listServiceOfferings(client),
    odd: { iscustomized: 'false', cpunumber: '4', memory: '8192', cpuspeed: 2000 },
    read: { customized: false, cpuNumber: 4, memoryMiB: 8192, cpuSpeedMhz: 2000 },
  },
  {
    item: 'network',
    list: (client) => listNetworks(client),
    odd: { vlan: 120, name: 12, state: null },
    read: { vlan: '120', name: '12', state: undefined },
  },
  {
    item: 'domain',
    list: (client) => listDomains(client),
    odd: { name: 'ROOT', path: 'ROOT' },
    read: { name: 'ROOT', path: 'ROOT' },
  },
];

const answering = (value: unknown): OddAnswer => ({ body: { response: value } });

describe.each(NOUNS)('the fields of a $item', ({ item, list, odd, read }) => {
  test('are read in the forms of all versions', async () => {
    // Without a count, as some commands give it.
    await using cloud = await startOddCloud(() => answering({ [item]: [{ id: 17, ...odd }] }));

    expect(await list(cloud.client)).toEqual([expect.objectContaining({ id: '17', ...read })]);
  });

  test.each([
    ['null', null],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a text', 'neither number nor boolean nor date'],
  ])('do not hide the row when each of them is %s', async (_what, strange) => {
    const fields = Object.fromEntries(Object.keys(odd).map((name) => [name, strange]));
    await using cloud = await startOddCloud(() => answering({ count: '1', [item]: [{ id: 'a', ...fields }] }));

    const [row] = await list(cloud.client);

    // A text is a text; nothing that was a number, a boolean or a date before has a value now.
    const values = Object.values(row ?? {}).filter((one) => typeof one !== 'string' && !Array.isArray(one));
    expect(row).toMatchObject({ id: 'a' });
    expect(values.every((one) => one === undefined || one === false)).toBe(true);
  });

  test('are nothing without an id', async () => {
    for (const id of [undefined, null, '', {}, true]) {
      await using cloud = await startOddCloud(() => answering({ count: 1, [item]: [{ id, ...odd }] }));

      await expect(list(cloud.client)).rejects.toMatchObject({ code: 'cloudstack.bad-answer' });
    }
  });

  test('are none in an empty list, however it is written', async () => {
    for (const empty of [{}, { count: 0 }, { count: 0, [item]: [] }, { count: '0', [item]: [] }]) {
      await using cloud = await startOddCloud(() => answering(empty));

      expect(await list(cloud.client)).toEqual([]);
    }
  });
});

test('a list that knows no pages is read once, and whole', async () => {
  const rows = Array.from({ length: 750 }, (_row, index) => ({ id: `z${index}` }));
  await using cloud = await startOddCloud(() => answering({ zone: rows }));

  expect(await listZones(cloud.client)).toHaveLength(750);
  expect(cloud.asked).toHaveLength(1);
});
