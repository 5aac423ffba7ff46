import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { describeError } from '../../../src/base/errors.ts';
import { GiB, HOUR } from '../../../src/base/units.ts';
import { getCapabilities } from '../../../src/cloudstack/capabilities.ts';
import { createCloudStackClient, type CloudStackClient } from '../../../src/cloudstack/client.ts';
import { findInstance, getInstance, listInstances } from '../../../src/cloudstack/instances.ts';
import { listNetworks } from '../../../src/cloudstack/networks.ts';
import { listDiskOfferings, listServiceOfferings } from '../../../src/cloudstack/offerings.ts';
import { listTemplates } from '../../../src/cloudstack/templates.ts';
import { createVolume } from '../../../src/cloudstack/volume-creation.ts';
import { listVolumes } from '../../../src/cloudstack/volumes.ts';
import { listZones } from '../../../src/cloudstack/zones.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { QUICK_POLL, startTestCloud, type TestCloud } from '../../support/cloudstack.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
beforeEach(() => {
  cloud.simulator.faults.clear();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const clientWith = (settings: Partial<Parameters<typeof createCloudStackClient>[0]>): CloudStackClient => {
  const { endpoint, apiKey, secretKey } = cloud.simulator;
  return createCloudStackClient({ endpoint, apiKey, secretKey, poll: QUICK_POLL, ...settings });
};

describe('what can be chosen from', () => {
  test('is read as it is', async () => {
    const { client } = cloud;
    const { ids } = cloud.simulator;

    expect(await getCapabilities(client)).toMatchObject({ version: '4.19.1.0' });
    expect(await listZones(client)).toEqual([expect.objectContaining({ id: ids.zone, networkType: 'Advanced' })]);
    expect(await listDiskOfferings(client, { zoneId: ids.zone })).toEqual([
      expect.objectContaining({ id: ids.diskOffering, customized: true }),
      expect.objectContaining({ id: ids.fixedDiskOffering, customized: false, diskSizeGiB: 5 }),
    ]);
    expect((await listServiceOfferings(client)).map((offering) => offering.memoryMiB)).toEqual([2048, 8192, undefined]);
    expect((await listNetworks(client, { zoneId: ids.zone })).map((network) => network.type)).toEqual([
      'Isolated',
      'Shared',
      'Isolated',
      'L2',
    ]);
    expect(await listTemplates(client, { zoneId: ids.zone })).toEqual([
      expect.objectContaining({ id: ids.template, ready: true, hypervisor: 'KVM' }),
    ]);
  });

  test('includes the VM of the OMA, found by the address of its network card', async () => {
    const [oma] = await listInstances(cloud.client, { name: 'oma' });

    expect(oma).toMatchObject({ id: cloud.simulator.ids.omaVm, state: 'Running' });
    expect(oma?.nics[0]?.macAddress).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(await getInstance(cloud.client, cloud.simulator.ids.omaVm)).toEqual(oma);
    expect(await findInstance(cloud.client, 'no-such-vm')).toBeUndefined();
  });
});

describe('long lists', () => {
  test('come whole, page after page', async () => {
    await using many = await startTestCloud();
    many.simulator.edit((world) => {
      const [row] = world.volumes;
      if (row === undefined) return;
      for (let index = 0; index < 1_250; index += 1) {
        world.volumes.push({ ...row, id: `volume-${index}`, name: `v${index}`, vmId: null, deviceId: null });
      }
    });

    const volumes = await listVolumes(many.client);

    expect(volumes).toHaveLength(1_251);
    expect(new Set(volumes.map((volume) => volume.id)).size).toBe(1_251);
  });

  test('come in smaller pages where the server asks for that', async () => {
    const errorText = 'Page size can not exceed max allowed page size value: 1';
    const answer = { command: 'listZones', kind: 'http', status: 200, contentType: 'application/json' } as const;
    cloud.simulator.faults.add({ command: 'listZones', kind: 'error', errorCode: 431, errorText });
    cloud.simulator.faults.add({ ...answer, body: '{"listzonesresponse":{"zone":[{"id":"a"}]}}' });
    cloud.simulator.faults.add({ ...answer, body: '{"listzonesresponse":{"zone":[{"id":"b"}]}}' });
    cloud.simulator.faults.add({ ...answer, body: '{"listzonesresponse":{}}' });

    expect((await listZones(cloud.client)).map((zone) => zone.id)).toEqual(['a', 'b']);
  });

  test('miss nothing when something is deleted between two pages', async () => {
    const answer = { command: 'listZones', kind: 'http', status: 200, contentType: 'application/json' } as const;
    const page = (count: number, ...ids: string[]) =>
      cloud.simulator.faults.add({
        ...answer,
        body: JSON.stringify({ listzonesresponse: { count, zone: ids.map((id) => ({ id })) } }),
      });
    page(4, 'a', 'b');
    // Now b is deleted: c has moved to the first page.
    page(3, 'd');
    page(3, 'a', 'c');
    page(3, 'd');

    expect((await listZones(cloud.client)).map((zone) => zone.id).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(cloud.simulator.faults.pending()).toEqual([]);
  });

  test('that never end are given up', async () => {
    const body = '{"listzonesresponse":{"count":1000000,"zone":[{"id":"same"}]}}';
    const answer = { command: 'listZones', kind: 'http', status: 200, contentType: 'application/json' } as const;
    cloud.simulator.faults.add({ ...answer, body, times: 2_000 });

    await expect(listZones(cloud.client)).rejects.toMatchObject({ code: 'cloudstack.bad-answer' });
  });

  test('end where a server counts more than it gives', async () => {
    const body = (items: unknown[]): string => JSON.stringify({ listzonesresponse: { count: 900, zone: items } });
    const answer = { command: 'listZones', kind: 'http', status: 200, contentType: 'application/json' } as const;
    cloud.simulator.faults.add({ ...answer, body: body([{ id: 'a' }, { id: 'b', unknown: [1] }]) });
    cloud.simulator.faults.add({ ...answer, body: body([]) });

    expect((await listZones(cloud.client)).map((zone) => zone.id)).toEqual(['a', 'b']);
  });
});

describe('signatures', () => {
  test('hold for names with everything in them', async () => {
    const name = `it's a "test" ~ (1)* +/=&%[é]\u{1F600}!`;
    const { zone: zoneId, diskOffering: diskOfferingId } = cloud.simulator.ids;

    const volume = await createVolume(cloud.client, { name, zoneId, diskOfferingId, sizeBytes: GiB });

    expect(await listVolumes(cloud.client, { name })).toEqual([volume]);
  });

  test.each([
    ['a wrong secret', () => clientWith({ secretKey: new Secret('wrong') })],
    ['an unknown key', () => clientWith({ apiKey: new Secret('unknown') })],
    ["another user's secret", () => clientWith({ secretKey: cloud.simulator.user.secretKey })],
  ])('with %s are refused, and not tried again', async (_what, client) => {
    await expect(listZones(client())).rejects.toMatchObject({
      code: 'cloudstack.unauthorized',
      retry: 'never',
      details: { errorText: 'unable to verify user credentials and/or request signature' },
    });
  });

  test('of a machine whose clock is an hour late are refused with the hint to set the clock', async () => {
    const late = { now: () => Date.now() - HOUR, monotonic: () => performance.now() };

    const error: unknown = await listZones(clientWith({ clock: late })).catch((thrown: unknown) => thrown);

    expect(describeError(error)).toMatch(/unauthorized.*the clock of CloudStack is 3[56]\d\d s ahead of ours/);
  });

  test('satisfy a server that enforces POST and near expiries', async () => {
    await using strict = await startTestCloud({ enforcePost: true });
    const { zone: zoneId, diskOffering: diskOfferingId } = strict.simulator.ids;

    const volume = await createVolume(strict.client, { name: 'strict', zoneId, diskOfferingId, sizeBytes: GiB });

    expect(volume.state).toBe('Allocated');
  });

  test('of an ordinary user do not reach what belongs to others', async () => {
    const { apiKey, secretKey } = cloud.simulator.user;
    const user = clientWith({ apiKey, secretKey });

    expect(await listInstances(user)).toEqual([]);
    await expect(
      user.call('attachVolume', { id: 'x', virtualmachineid: cloud.simulator.ids.omaVm }),
    ).rejects.toMatchObject({ code: 'cloudstack.not-found' });
    const [root] = await listVolumes(cloud.client, { type: 'ROOT' });
    await expect(user.call('deleteVolume', { id: root?.id ?? '' })).rejects.toMatchObject({
      code: 'cloudstack.forbidden',
      details: { errorCode: 531 },
    });
  });
});

describe('answers that are none', () => {
  const page = { kind: 'http', contentType: 'text/html', body: '<html>apiKey=leaked</html>' } as const;

  test.each([
    ['an HTML page', { ...page, status: 200 }],
    ['a gateway error', { ...page, status: 502 }],
    ['a redirect', { ...page, status: 302 }],
    ['XML', { ...page, status: 200, contentType: 'text/xml', body: '<?xml version="1.0"?><a/>' }],
  ])('%s is a bad answer, whose text stays out of the error', async (_what, answer) => {
    cloud.simulator.faults.add({ command: 'deleteVolume', ...answer });

    const error: unknown = await cloud.client.call('deleteVolume', { id: 'x' }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'cloudstack.bad-answer', details: { httpStatus: answer.status } });
    expect(JSON.stringify(error)).not.toContain('leaked');
  });

  test('a dropped connection is tried again for reading', async () => {
    cloud.simulator.faults.add({ command: 'listZones', kind: 'drop-before', times: 2 });

    expect(await listZones(cloud.client)).toHaveLength(1);
  });

  test('a slow answer ends at the deadline of the call', async () => {
    cloud.simulator.faults.add({ command: 'deleteVolume', kind: 'delay', ms: 400 });

    await expect(cloud.client.call('deleteVolume', { id: 'x' }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'cloudstack.unreachable',
    });
  });

  test('errors of any kind hold neither key', async () => {
    const { apiKey, secretKey, endpoint } = cloud.simulator;
    const nowhere = clientWith({ endpoint: endpoint.replace(/:\d+/, ':1') });

    const errors = await Promise.all(
      [nowhere.call('listZones', {}), cloud.client.call('deleteVolume', { id: 'x' })].map((call) =>
        call.catch((thrown: unknown) => thrown),
      ),
    );

    const texts = errors.map((error) => `${describeError(error)} ${JSON.stringify(error)} ${String(error)}`).join();
    expect(texts).toContain('cloudstack.unreachable');
    expect(texts).not.toContain(apiKey.reveal());
    expect(texts).not.toContain(secretKey.reveal());
  });

  test.each(['ftp://cloud/client/api', 'cloud.example.com', 'https://user:password@cloud/client/api', ''])(
    'the endpoint %j is refused',
    (endpoint) => {
      expect(() => clientWith({ endpoint })).toThrow('not an http or https URL');
    },
  );
});

describe('a redirect', () => {
  let elsewhere: Server;
  let visits = 0;

  beforeAll(async () => {
    elsewhere = createServer((req, res) => {
      visits += req.url === '/elsewhere' ? 1 : 0;
      res.writeHead(302, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => elsewhere.close(resolve)));

  test('is not followed: it would carry key and signature away', async () => {
    const { port } = elsewhere.address() as AddressInfo;
    const client = clientWith({ endpoint: `http://127.0.0.1:${port}/client/api` });

    await expect(client.call('listZones', {})).rejects.toMatchObject({ code: 'cloudstack.bad-answer' });
    expect(visits).toBe(0);
  });
});
