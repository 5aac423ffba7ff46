import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sourceVm } from '../../support/api.ts';
import { CloudStand } from '../../support/cloud-stand.ts';

jest.setTimeout(60_000);

let stand: CloudStand;
let live: string;
let isolated: string;
beforeAll(async () => {
  stand = await CloudStand.start();
  ({ liveNetwork: live, testNetwork: isolated } = stand.cloud.simulator.ids);
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(async () => {
  await stand.forget();
  await stand.configured();
});

const LAN = { name: 'Network adapter 1', network_name: 'LAN' };
const DMZ = { name: 'Network adapter 2', network_name: 'DMZ / outside' };

/** A VM with two networks. @returns the id of its context */
async function vm(name: string, vcenter = 'vc1', networks: readonly object[] = [LAN, DMZ, LAN]): Promise<string> {
  const body = {
    source_vm: sourceVm(name, { id: `uuid-${name}-${vcenter}`, networks }),
    vcenter_host: vcenter,
    start_replication: false,
  };
  return String((await stand.post('/replications', body)).body['context_id']);
}

type Wanted = [vmId: string, source: string, destination: string, more?: Record<string, unknown>];
const map = (...[vmId, source, destination, more = {}]: Wanted) =>
  stand.post('/network-mappings', {
    vm_id: vmId,
    source_network_name: source,
    destination_network_id: destination,
    destination_network_name: 'as typed',
    ...more,
  });
const forTest = { is_test_network: true };
const dataOf = ({ body }: { body: Record<string, unknown> }) => body['data'] as Record<string, unknown>[];
const statusOf = async (vmId: string) => (await stand.get(`/network-mappings/${vmId}/status`)).body['data'];

describe('a mapping', () => {
  test('is saved for the context of the VM, under the name that CloudStack has for the network', async () => {
    const contextId = await vm('web01');
    const saved = await map('web01', 'LAN', live);
    expect(saved.status).toBe(201);
    expect(saved.body).toMatchObject({
      success: true,
      message:
        'the live mapping of LAN of web01 is saved and leads to lab-live, which CloudStack does not call as typed',
      data: {
        vm_id: 'web01',
        vm_context_id: contextId,
        vmware_vm_id: 'uuid-web01-vc1',
        destination_network_id: live,
        destination_network_name: 'lab-live',
        is_test_network: false,
        validation_status: 'valid',
      },
    });
  });

  test('may be named by context and by uuid, and is replaced in its place', async () => {
    const contextId = await vm('web01');
    const first = await map(contextId, 'LAN', live);
    const again = await map('uuid-web01-vc1', 'LAN', isolated);
    expect(again.body['data']).toMatchObject({ id: (first.body['data'] as { id: number }).id, vm_id: 'web01' });
    expect(dataOf(await stand.get('/network-mappings/web01'))).toHaveLength(1);
  });

  test('of the same network is one for live and one for test failovers, and either goes alone', async () => {
    await vm('web01');
    await map('web01', 'LAN', live);
    await map('web01', 'LAN', isolated, forTest);
    expect(dataOf(await stand.get('/network-mappings/web01')).map((one) => one['is_test_network'])).toEqual([
      false,
      true,
    ]);
    const remove = (query: string) => stand.api.call('DELETE', `/network-mappings/web01/LAN${query}`);
    expect((await remove('?is_test=true')).status).toBe(200);
    expect(dataOf(await stand.get('/network-mappings/web01'))).toMatchObject([{ is_test_network: false }]);
    expect((await remove('?is_test=true')).body['code']).toBe('network-mapping.unknown');
    expect((await remove('')).status).toBe(200);
    expect((await remove('')).status).toBe(404);
    expect((await remove('?is_test=perhaps')).status).toBe(400);
  });

  test('of a network whose name has slashes and spaces is deleted by it', async () => {
    await vm('web01');
    await map('web01', 'DMZ / outside', live);
    const path = `/network-mappings/web01/${encodeURIComponent('DMZ / outside')}`;
    expect((await stand.api.call('DELETE', path)).status).toBe(200);
  });

  test('is refused where source or destination does not exist, with what does', async () => {
    await vm('web01');
    const source = await map('web01', 'lan', live);
    expect([source.status, source.body['code']]).toEqual([422, 'network-mapping.source-unknown']);
    expect(JSON.stringify(source.body['errors'])).toContain('LAN');
    const destination = await map('web01', 'LAN', 'no-such-network');
    expect([destination.status, destination.body['code']]).toEqual([422, 'network-mapping.destination-unknown']);
    expect(dataOf(await stand.get('/network-mappings/web01'))).toEqual([]);
  });

  test('takes any source network of a VM whose networks are not known', async () => {
    await vm('web02', 'vc1', []);
    expect((await map('web02', 'whatever', live)).status).toBe(201);
  });

  test('for tests does not lead into the network of the live VM, nor a live one into that of tests, unless forced', async () => {
    await vm('web01');
    await map('web01', 'LAN', live);
    const shared = await map('web01', 'DMZ / outside', live, forTest);
    expect([shared.status, shared.body['code']]).toEqual([409, 'network-mapping.shared-destination']);
    expect((await map('web01', 'DMZ / outside', live, { ...forTest, force: true })).status).toBe(201);
    await map('web01', 'LAN', isolated, forTest);
    expect((await map('web01', 'LAN', isolated)).body['code']).toBe('network-mapping.shared-destination');
  });

  test('and its counterpart for tests, sent at once for one network, do not both pass', async () => {
    await vm('web01');
    const sent = await Promise.all([map('web01', 'LAN', live), map('web01', 'LAN', live, forTest)]);
    expect(sent.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });

  test('asks the cloud that the VM is replicated into, not the active one', async () => {
    const contextId = await vm('web01');
    const { body } = await stand.config('get');
    const [bound] = body['configs'] as { id: number }[];
    const row = stand.api.db('vm_replication_contexts').where({ context_id: contextId });
    await row.update({ ossea_config_id: bound?.id });
    await stand.configured('away', { api_url: 'http://127.0.0.1:9' });
    expect((await map('web01', 'LAN', live)).status).toBe(201);
    expect((await stand.get('/networks/available')).body['code']).toBe('cloudstack.unreachable');
  });
});

describe('two VMs of one name', () => {
  test('are told apart: the name is refused with both, and each is mapped by its context', async () => {
    const [one, other] = [await vm('web01', 'vc1'), await vm('web01', 'vc2')];
    const refused = await map('web01', 'LAN', live);
    expect([refused.status, refused.body['code']]).toEqual([409, 'context.ambiguous']);
    const candidates = (refused.body['errors'] as { path: string }[]).map(({ path }) => path);
    expect(candidates.toSorted()).toEqual([one, other].toSorted());
    expect((await stand.get('/network-mappings/web01')).body['code']).toBe('context.ambiguous');

    expect((await map(one, 'LAN', live)).status).toBe(201);
    expect((await map('web01', 'LAN', isolated, { vm_context_id: other })).status).toBe(201);
    expect(dataOf(await stand.get(`/network-mappings/${one}`))).toMatchObject([{ destination_network_id: live }]);
    expect(dataOf(await stand.get(`/network-mappings/${other}`))).toMatchObject([{ destination_network_id: isolated }]);
    await stand.api.call('DELETE', `/network-mappings/${one}/LAN`);
    expect(dataOf(await stand.get('/network-mappings'))).toMatchObject([{ vm_context_id: other }]);
  });

  test('go with their mappings', async () => {
    const contextId = await vm('web01');
    await map('web01', 'LAN', live);
    await stand.api.db('vm_replication_contexts').where({ context_id: contextId }).delete();
    expect((await stand.get('/network-mappings')).body).toMatchObject({ count: 0, data: [] });
  });
});

test('the status of a VM follows its mappings, and its networks are those of the source', async () => {
  const contextId = await vm('web01');
  expect(await statusOf('web01')).toEqual({
    vm_id: 'web01',
    vm_context_id: contextId,
    total_mappings: 0,
    live: 0,
    test: 0,
    has_mappings: false,
    mapping_complete: false,
    test_mapping_complete: false,
    readiness_level: 'none',
    source_networks: ['DMZ / outside', 'LAN'],
    unmapped_networks: ['DMZ / outside', 'LAN'],
    unmapped_test_networks: ['DMZ / outside', 'LAN'],
  });
  await map('web01', 'LAN', live);
  expect(await statusOf('web01')).toMatchObject({ readiness_level: 'partial', unmapped_networks: ['DMZ / outside'] });
  await map('web01', 'DMZ / outside', live);
  expect(await statusOf('web01')).toMatchObject({ readiness_level: 'live', mapping_complete: true });
  for (const source of ['LAN', 'DMZ / outside']) await map('web01', source, isolated, forTest);
  expect(await statusOf('web01')).toMatchObject({ readiness_level: 'full', total_mappings: 4, live: 2, test: 2 });
});

test('all mappings come page by page, each once', async () => {
  for (const name of ['b', 'a', 'c']) {
    await vm(name);
    await map(name, 'LAN', live);
    await map(name, 'LAN', isolated, forTest);
  }
  const seen: unknown[] = [];
  let cursor = '';
  for (let page = 0; page < 9; page += 1) {
    const { body } = await stand.get(`/network-mappings?limit=2${cursor}`);
    expect(body['count']).toBe(6);
    seen.push(...dataOf({ body }).map((row) => row['vm_id']));
    if (body['next_cursor'] === null) break;
    cursor = `&cursor=${body['next_cursor'] as string}`;
  }
  expect(seen).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
});

describe('what mappings may lead to', () => {
  test('is what the active cloud has', async () => {
    const networks = await stand.get('/networks/available');
    expect(networks.body).toMatchObject({ success: true, count: 4 });
    expect(dataOf(networks).map(({ name }) => name)).toEqual(['lab-dmz', 'lab-l2', 'lab-live', 'lab-test']);
    const offerings = await stand.get('/service-offerings/available?limit=1');
    expect(offerings.body).toMatchObject({ count: 3, data: [{ name: 'Custom Instance', is_customized: true }] });
  });

  test('is found by name or id, and a name that several networks have is refused with both', async () => {
    const resolve = (network_name: string) => stand.post('/networks/resolve', { network_name });
    expect((await resolve('lab-live')).body['data']).toMatchObject({ id: live, name: 'lab-live', is_default: true });
    expect((await resolve(live)).body['data']).toMatchObject({ name: 'lab-live' });
    expect((await resolve('LAB-LIVE')).body['code']).toBe('cloudstack.network-unknown');
    stand.cloud.simulator.edit(({ networks }) => {
      const [first] = networks;
      if (first !== undefined) networks.push({ ...first, id: 'twin' });
    });
    const twins = await resolve('lab-live');
    stand.cloud.simulator.edit(({ networks }) => void networks.pop());
    expect([twins.status, twins.body['code']]).toEqual([409, 'cloudstack.network-ambiguous']);
    expect(JSON.stringify(twins.body['errors'])).toContain('twin');
  });
});
