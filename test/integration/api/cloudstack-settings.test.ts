import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { GiB } from '../../../src/base/units.ts';
import { CloudStand } from '../../support/cloud-stand.ts';

jest.setTimeout(60_000);

/** What settings pages ask a CloudStack before anything is saved. */

let stand: CloudStand;
beforeAll(async () => {
  stand = await CloudStand.start();
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(() => stand.forget());

const settings = (what: string, body: object) => stand.post(`/settings/cloudstack/${what}`, body);
const namesIn = (list: unknown): string[] => (list as { name: string }[]).map(({ name }) => name);
const user = (change: Record<string, unknown> = {}): Record<string, unknown> => {
  const { apiKey, secretKey } = stand.cloud.simulator.user;
  return stand.typed({ api_key: apiKey.reveal(), secret_key: secretKey.reveal(), ...change });
};

describe('a connection', () => {
  test('that works tells version and account, of an admin and of an ordinary user', async () => {
    const admin = await settings('test-connection', stand.typed());
    expect(admin.body).toMatchObject({ success: true, account: 'admin', error: null, version: expect.any(String) });
    const ordinary = await settings('test-connection', user());
    expect(ordinary.body).toMatchObject({ success: true, account: 'migrate' });
  });

  test('takes the address as people write it', async () => {
    const bare = String(stand.typed()['api_url']).replace('http://', '').replace('/client/api', '');
    expect((await settings('test-connection', stand.typed({ api_url: bare }))).body).toMatchObject({ success: true });
  });

  test.each([
    ['a wrong secret', { secret_key: 'wrong' }, 'cloudstack.unauthorized'],
    ['an unknown key', { api_key: 'wrong' }, 'cloudstack.unauthorized'],
    ['an address where nothing listens', { api_url: 'http://127.0.0.1:9' }, 'cloudstack.unreachable'],
  ])('with %s is an outcome, not an error', async (_what, change, code) => {
    const { status, body } = await settings('test-connection', stand.typed(change));
    expect(status).toBe(200);
    expect(body).toMatchObject({ success: false, error_code: code, error: expect.any(String), version: null });
    expect(body['hint']).not.toBe('');
  });

  test('may be that of a stored configuration, but never half of each', async () => {
    const id = await stand.configured();
    expect((await settings('test-connection', { config_id: id })).body).toMatchObject({ success: true });
    expect((await settings('test-connection', { config_id: 0 })).body).toMatchObject({ success: true });
    const mixed = await settings('test-connection', { config_id: id, api_url: 'http://evil.example' });
    expect(mixed.body).toMatchObject({ status: 400, errors: [{ path: 'api_url' }] });
    expect((await settings('test-connection', { api_url: 'http://x' })).status).toBe(400);
  });
});

describe('the VM of the appliance', () => {
  test('is found by its network card, and stored where that is asked for', async () => {
    const id = await stand.configured('cloud', { oma_vm_id: null });
    const { omaVm } = stand.cloud.simulator.ids;
    const found = await settings('detect-oma-vm', { config_id: id });
    expect(found.body).toMatchObject({
      success: true,
      recorded: false,
      oma_info: { vm_id: omaVm, vm_name: 'oma', mac_address: '02:01:00:cb:00:01', account: 'admin' },
    });
    const stored = async (): Promise<unknown> => (await stand.config('get', { id })).body['config'];
    expect(await stored()).toMatchObject({ oma_vm_id: null });
    expect((await settings('detect-oma-vm', { config_id: id, record: true })).body).toMatchObject({ recorded: true });
    expect(await stored()).toMatchObject({ oma_vm_id: omaVm });
    expect((await settings('detect-oma-vm', stand.typed({ record: true }))).status).toBe(400);
  });

  test('is not found by an account that does not see it', async () => {
    const { body } = await settings('detect-oma-vm', user());
    expect(body).toMatchObject({ success: false, oma_info: null, error_code: 'cloudstack.oma-vm-unknown' });
  });

  test('is not guessed from two VMs with the same card, and nothing is stored', async () => {
    const id = await stand.configured('cloud', { oma_vm_id: null });
    stand.cloud.simulator.edit(({ vms }) => {
      const [oma] = vms;
      if (oma !== undefined) vms.push({ ...oma, id: 'twin', name: 'twin' });
    });
    const { body } = await settings('detect-oma-vm', { config_id: id, record: true });
    stand.cloud.simulator.edit(({ vms }) => void vms.pop());
    expect(body).toMatchObject({ success: false, recorded: false, error_code: 'cloudstack.oma-vm-ambiguous' });
    expect((await stand.config('get', { id })).body['config']).toMatchObject({ oma_vm_id: null });
  });
});

describe('validation', () => {
  const statuses = async (change: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const { status, body } = await settings('validate', change);
    expect(status).toBe(200);
    const result = body['result'] as Record<string, { status: string } | string>;
    const told = Object.entries(result).map(([name, check]): [string, unknown] => [
      name,
      typeof check === 'string' ? check : check.status,
    ]);
    return { success: body['success'], ...Object.fromEntries(told) };
  };
  const good = (): Record<string, unknown> => {
    const { customServiceOffering, liveNetwork } = stand.cloud.simulator.ids;
    return stand.typed({ service_offering_id: customServiceOffering, network_id: liveNetwork });
  };
  const allPass = {
    success: true,
    oma_vm_detection: 'pass',
    compute_offering: 'pass',
    account_match: 'pass',
    network_selection: 'pass',
    overall_status: 'pass',
  };

  test('passes a cloud that is fit, of which a stored configuration says everything itself', async () => {
    expect(await statuses(good())).toEqual(allPass);
    expect(await statuses({ config_id: await stand.configured() })).toEqual(allPass);
  });

  test('fails a compute offering of a fixed size, and one that does not exist', async () => {
    const { serviceOffering } = stand.cloud.simulator.ids;
    const fails = { ...allPass, success: false, compute_offering: 'fail', overall_status: 'fail' };
    expect(await statuses({ ...good(), service_offering_id: serviceOffering })).toEqual(fails);
    expect(await statuses({ ...good(), service_offering_id: 'nothing' })).toEqual(fails);
  });

  test('fails a key of another account than that of the VM', async () => {
    stand.cloud.simulator.edit(({ vms }) => vms.forEach((vm) => (vm.account = 'migrate')));
    const told = await statuses(good());
    stand.cloud.simulator.edit(({ vms }) => vms.forEach((vm) => (vm.account = 'admin')));
    expect(told).toEqual({ ...allPass, success: false, account_match: 'fail', overall_status: 'fail' });
  });

  test('fails a VM and a network that do not exist', async () => {
    expect(await statuses({ ...good(), oma_vm_id: 'nothing', network_id: 'nothing' })).toEqual({
      ...allPass,
      success: false,
      oma_vm_detection: 'fail',
      account_match: 'skipped',
      network_selection: 'fail',
      overall_status: 'fail',
    });
  });

  test('warns where nothing is chosen and the VM is not found', async () => {
    expect(await statuses(user())).toEqual({
      success: true,
      oma_vm_detection: 'warning',
      compute_offering: 'warning',
      account_match: 'skipped',
      network_selection: 'warning',
      overall_status: 'warning',
    });
  });

  test('fails as a whole, with every check skipped, where CloudStack cannot be asked', async () => {
    const told = await statuses(stand.typed({ secret_key: 'wrong' }));
    expect(told).toMatchObject({ success: false, account_match: 'skipped', overall_status: 'fail' });
  });
});

describe('what there is to choose from', () => {
  test('comes in one answer, with templates only that are ready and below 2 GiB', async () => {
    stand.cloud.simulator.edit(({ templates }) => {
      const [first] = templates;
      if (first === undefined) return;
      templates.push({ ...first, id: 'big', name: 'big', sizeBytes: 2 * GiB });
      templates.push({ ...first, id: 'loading', name: 'loading', ready: false });
    });
    const { body } = await settings('discover-all', stand.typed());
    const { ids } = stand.cloud.simulator;
    expect(body).toMatchObject({ success: true, oma_vm_id: ids.omaVm, oma_vm_name: 'oma', error: null });
    expect(namesIn(body['zones'])).toEqual(['lab-zone']);
    expect(namesIn(body['templates'])).toEqual(['blank-kvm']);
    expect(namesIn(body['networks'])).toEqual(['lab-dmz', 'lab-l2', 'lab-live', 'lab-test']);
    expect(body['service_offerings']).toContainEqual(
      expect.objectContaining({ id: ids.customServiceOffering, is_customized: true, cpu: null, memory: null }),
    );
    expect(body['disk_offerings']).toContainEqual(
      expect.objectContaining({ id: ids.fixedDiskOffering, is_customized: false, disk_size_gb: 5 }),
    );
    stand.cloud.simulator.edit(({ templates }) => void templates.splice(-2));
  });

  test('is an empty outcome where CloudStack cannot be asked, or shows no such domain', async () => {
    const away = await settings('discover-all', stand.typed({ api_url: 'http://127.0.0.1:9' }));
    expect(away.body).toMatchObject({ success: false, error_code: 'cloudstack.unreachable', zones: [], networks: [] });
    const nowhere = await settings('discover-all', stand.typed({ domain: 'ROOT/nowhere' }));
    expect(nowhere.body).toMatchObject({ success: false, error_code: 'cloudstack.domain-unknown' });
    expect((await settings('discover-all', stand.typed({ domain: 'root' }))).body).toMatchObject({ success: true });
  });

  test('is told to POST /ossea/discover-resources, too, which refuses instead', async () => {
    const { api_url: base_url, ...keys } = stand.typed();
    const { body } = await stand.post('/ossea/discover-resources', { base_url, ...keys });
    expect(body['success']).toBe(true);
    expect(body['domains']).toContainEqual(expect.objectContaining({ name: 'ROOT', path: 'ROOT' }));
    expect(body['networks']).toHaveLength(4);
    const wrong = await stand.post('/ossea/discover-resources', { base_url, ...keys, secret_key: 'wrong' });
    expect([wrong.status, wrong.body['code']]).toEqual([401, 'cloudstack.unauthorized']);
  });

  test('names the networks of the active configuration, page by page, with zone and default', async () => {
    await stand.configured();
    const { ids } = stand.cloud.simulator;
    const first = await stand.get('/settings/cloudstack/networks?limit=3');
    expect(first.body).toMatchObject({ success: true, count: 4 });
    expect(first.body['networks']).toContainEqual(
      expect.objectContaining({ id: ids.liveNetwork, zone_id: ids.zone, zone_name: 'lab-zone', is_default: true }),
    );
    const rest = await stand.get(`/settings/cloudstack/networks?cursor=${String(first.body['next_cursor'])}`);
    expect(namesIn(rest.body['networks'])).toEqual(['lab-test']);
    expect(rest.body['networks']).toContainEqual(expect.objectContaining({ is_default: false }));
  });
});
