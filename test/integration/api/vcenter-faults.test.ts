import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { startTestApi, type Reply } from '../../support/api.ts';
import { DiscoveryStand, type SimulatedVcenter } from '../../support/discovery-stand.ts';

// What a client is told when something between it and a vCenter does not work; `call` holds each refusal against what
// its route documents, hint included.

let stand: DiscoveryStand;
let vcenter: SimulatedVcenter;
beforeAll(async () => {
  stand = await DiscoveryStand.start();
  vcenter = await stand.vcenter({ vms: [{ name: 'web01' }] });
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});
beforeEach(() => stand.forget());

const PATHS = ['discover-vms', 'preview', 'add-vms', 'bulk-add'] as const;

function requestOf(path: (typeof PATHS)[number], account: object): object {
  if (path === 'add-vms') return { ...account, vm_names: ['web01'] };
  return path === 'preview' ? account : { ...account, selected_vms: ['web01'] };
}

/** What each route of discovery says: one word when they agree. */
async function saidByAll(account: object, to = stand): Promise<string[]> {
  const replies: Reply[] = [];
  for (const path of PATHS) replies.push(await to.post(`/discovery/${path}`, requestOf(path, account)));
  return [
    ...new Set(
      replies.map(({ status, body }) => ('code' in body ? `${status} ${String(body['code'])}` : String(status))),
    ),
  ];
}

const tested = async (id: number): Promise<Record<string, unknown>> =>
  (await stand.api.call('POST', `/vmware-credentials/${id}/test`)).body;

test('an account that works is tested by signing in and counting', async () => {
  expect(await tested(await vcenter.credential())).toEqual({
    success: true,
    message: expect.stringMatching(/ signs in, and sees 1 VM in Lab$/),
    vcenter: expect.stringContaining('vCenter'),
    vcenter_version: expect.stringMatching(/^\d+\.\d+/),
    vm_count: 1,
    error_code: null,
    hint: null,
  });
});

test('a wrong password is 401 with a hint, and the outcome of a test', async () => {
  expect(await saidByAll(vcenter.typed({ password: 'wrong' }))).toEqual(['401 vsphere.invalid-login']);
  const id = await vcenter.credential({ password: 'wrong, too' });
  expect(await saidByAll({ credential_id: id })).toEqual(['401 vsphere.invalid-login']);
  expect(await tested(id)).toMatchObject({ success: false, error_code: 'vsphere.invalid-login', vm_count: null });
  expect(String((await tested(id))['hint'])).toMatch(/password/);
});

test('a session that has expired is renewed, and nobody is told', async () => {
  const id = await vcenter.credential();
  expect(await saidByAll({ credential_id: id })).toEqual(['200']);
  vcenter.control.expireSessions();
  expect(await saidByAll({ credential_id: id })).toEqual(['200']);
});

test('a session that vCenter ends again and again is 401', async () => {
  const id = await vcenter.credential();
  vcenter.control.faults.add({ method: 'CreateContainerView', kind: 'fault', fault: 'NotAuthenticated', times: 20 });
  const reply = await stand.post('/discovery/preview', { credential_id: id });
  vcenter.control.faults.clear();
  expect([reply.status, reply.body['code']]).toEqual([401, 'vsphere.invalid-login']);
});

test('a right that is missing is 403, and says which account needs it', async () => {
  const id = await vcenter.credential();
  vcenter.control.faults.add({ method: 'CreateContainerView', kind: 'fault', fault: 'NoPermission' });
  const reply = await stand.post('/discovery/preview', { credential_id: id });
  expect([reply.status, reply.body['code']]).toEqual([403, 'vsphere.no-permission']);
});

test('what vCenter does not find while it is asked is 404', async () => {
  const id = await vcenter.credential();
  vcenter.control.faults.add({ method: 'CreateContainerView', kind: 'fault', fault: 'ManagedObjectNotFound' });
  const reply = await stand.post('/discovery/preview', { credential_id: id });
  expect([reply.status, reply.body['code']]).toEqual([404, 'vsphere.not-found']);
});

test('a VM that is not there is 404, and named; of several, those that are there are added', async () => {
  const id = await vcenter.credential();
  for (const path of ['discover-vms', 'add-vms', 'bulk-add'] as const) {
    const wish = path === 'add-vms' ? { vm_names: ['nobody'] } : { selected_vms: ['nobody'] };
    const reply = await stand.post(`/discovery/${path}`, { credential_id: id, ...wish });
    expect([reply.status, reply.body['code']]).toEqual([404, 'discovery.vm-unknown']);
    expect(reply.body['errors']).toEqual([{ path: '0', message: 'vCenter shows no VM called nobody' }]);
  }
  const some = await stand.post('/discovery/add-vms', { credential_id: id, vm_names: ['nobody', 'web01'] });
  expect(some).toMatchObject({ status: 200, body: { success: false, vms_added: 1, vms_failed: 1 } });
});

test('a datacenter that is not there is 404', async () => {
  expect(await saidByAll(vcenter.typed({ datacenter: 'DC9' }))).toEqual(['404 vsphere.datacenter-unknown']);
});

test('a certificate that is not the pinned one, or that nobody vouches for, is 422, and the password was not sent', async () => {
  const before = vcenter.control.sessionCount();
  const other = vcenter.typed({ vcenter_thumbprint: 'ab'.repeat(20) });
  expect(await saidByAll(other)).toEqual(['422 vsphere.certificate-changed']);
  const unpinned = vcenter.typed({ vcenter_thumbprint: undefined });
  expect(await saidByAll(unpinned)).toEqual(['422 vsphere.certificate-unverified']);
  expect(vcenter.control.sessionCount()).toBe(before);
  expect(await saidByAll(vcenter.typed({ vcenter_thumbprint: undefined, vcenter_ca: vcenter.simulator.ca }))).toEqual([
    '200',
  ]);
});

test('an address that is none is 400', async () => {
  expect(await saidByAll(vcenter.typed({ vcenter: '127.0.0.1:99999' }))).toEqual(['400 vsphere.address']);
});

describe('a vCenter', () => {
  test('that is down is 503, and the outcome of a test', async () => {
    const gone = await stand.vcenter();
    const id = await gone.credential();
    await gone.simulator.close();
    expect(await saidByAll({ credential_id: id })).toEqual(['503 vsphere.unreachable']);
    expect(await tested(id)).toMatchObject({ success: false, error_code: 'vsphere.unreachable' });
  });

  test('that answers nonsense is 503', async () => {
    const id = await vcenter.credential();
    vcenter.control.faults.add({
      method: 'CreateContainerView',
      kind: 'http',
      status: 200,
      contentType: 'text/xml',
      body: '<html>starting</html>',
    });
    const reply = await stand.post('/discovery/preview', { credential_id: id });
    expect([reply.status, reply.body['code']]).toEqual([503, 'vcenter.failed']);
    expect(reply.body['detail']).toMatch(/vsphere\./);
  });
});

describe('a VMA', () => {
  test('that does not take our token is 503: it is not the caller who is not signed in', async () => {
    const vmaPeer = { url: stand.vma.url, token: new Secret('not-its-token-at-all') };
    await using api = await startTestApi((config) => ({ ...config, vmaPeer }));
    for (const path of PATHS) {
      const reply = await api.call('POST', `/discovery/${path}`, { body: requestOf(path, vcenter.typed()) });
      expect([reply.status, reply.body['code']]).toEqual([503, 'vma.token-refused']);
    }
  });

  test('that is down is 503, for a test too: nobody knows whether the account works', async () => {
    const id = await vcenter.credential();
    // The last test: a VMA that starts again has another port.
    await stand.vma.stop();
    expect(await saidByAll({ credential_id: id })).toEqual(['503 vma.unreachable']);
    expect(await tested(id)).toMatchObject({ code: 'vma.unreachable' });
  });
});
