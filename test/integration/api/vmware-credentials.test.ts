import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { useCredential } from '../../../src/db/stores/vmware-credential-store.ts';
import { credentialBody, startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import { makeContext } from '../../support/factories.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});
beforeEach(async () => {
  for (const table of ['vm_replication_contexts', 'vmware_credentials', 'idempotency_keys'])
    await api.db(table).delete();
});

const PATH = '/vmware-credentials';

async function save(name: string, change: Record<string, unknown> = {}): Promise<number> {
  const reply = await api.call('POST', PATH, { body: credentialBody(name, change) });
  expect(reply.status).toBe(201);
  return Number(reply.body['id']);
}

const put = (id: number, body: object, headers: Record<string, string> = {}): Promise<Reply> =>
  api.call('PUT', `${PATH}/${id}`, { body, headers });
const show = async (id: number): Promise<Record<string, unknown>> => (await api.call('GET', `${PATH}/${id}`)).body;
const passwordOf = async (id: number): Promise<string> =>
  (await useCredential(api.db, api.context.box(), id)).password.reveal();

async function names(query = ''): Promise<unknown[]> {
  const { body } = await api.call('GET', PATH + query);
  return (body['credentials'] as { credential_name: string }[]).map((row) => row.credential_name);
}

const defaults = async (): Promise<unknown[]> => {
  const { body } = await api.call('GET', PATH);
  return (body['credentials'] as { id: number; is_default: boolean }[])
    .filter((row) => row.is_default)
    .map((row) => row.id);
};

describe('saving', () => {
  test('answers with the row without its password, and where it is', async () => {
    const thumbprint = 'ab'.repeat(20);
    const body = credentialBody(' Production ', { vcenter_thumbprint: thumbprint });
    const made = await api.call('POST', PATH, { body });
    expect(made.headers.get('location')).toBe(`/api/v1/vmware-credentials/${String(made.body['id'])}`);
    expect(made.body).toEqual({
      id: expect.any(Number),
      credential_name: 'Production',
      vcenter_host: 'vc1.example.com',
      username: 'migratekit@vsphere.local',
      datacenter: 'DC1',
      vcenter_thumbprint: Array.from({ length: 20 }, () => 'AB').join(':'),
      vcenter_ca: null,
      is_active: true,
      is_default: false,
      context_count: 0,
      usage_count: 0,
      last_used: null,
      created_by: 'tester',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(await show(Number(made.body['id']))).toEqual(made.body);
    expect(await passwordOf(Number(made.body['id']))).toBe('correct horse battery staple');
  });

  test.each([
    ['credential_name', '  '],
    ['vcenter_host', 'https://vc1.example.com'],
    ['vcenter_host', 'vc1.example.com/sdk'],
    ['vcenter_host', 'user@vc1'],
    ['password', ''],
    ['password', 'x'.repeat(1001)],
    ['vcenter_thumbprint', 'ab:cd'],
    ['vcenter_ca', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['password_encrypted', 'v1.x'],
    ['usage_count', 7],
  ])('refuses %s %j, naming it', async (field, value) => {
    const refused = await api.call('POST', PATH, { body: credentialBody('bad', { [field]: value }) });
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ path: field }] } });
    expect(await names()).toEqual([]);
  });

  test('under one Idempotency-Key happens once; with another password the key is refused, and no digest gives it away', async () => {
    const headers = { 'idempotency-key': 'once' };
    const body = credentialBody('once');
    const [first, second] = await Promise.all([1, 2].map(() => api.call('POST', PATH, { body, headers })));
    expect(second).toMatchObject({ status: 201, body: first?.body });
    expect(await names()).toEqual(['once']);
    const other = await api.call('POST', PATH, { body: { ...body, password: 'another' }, headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency.key-reused' } });
  });
});

test('the list is by name, in pages that neither leave out nor repeat', async () => {
  for (const name of ['b', 'D', 'a', 'C', 'é']) await save(name);
  expect(await names()).toEqual(['a', 'b', 'C', 'D', 'é']);
  const paged: unknown[] = [];
  let cursor: string | null = '';
  for (let page = 0; page < 5 && cursor !== null; page += 1) {
    const { body } = await api.call('GET', `${PATH}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    expect(body['count']).toBe(5);
    paged.push(...(body['credentials'] as { credential_name: string }[]).map((row) => row.credential_name));
    cursor = body['next_cursor'] as string | null;
  }
  expect(paged).toEqual(['a', 'b', 'C', 'D', 'é']);
});

describe('changing', () => {
  test('sets what is named and keeps the rest, an empty password too', async () => {
    const id = await save('one');
    const changed = await put(id, { username: 'other', password: '', vcenter_thumbprint: 'ab'.repeat(32) });
    expect(changed.body).toMatchObject({ credential_name: 'one', username: 'other', datacenter: 'DC1' });
    expect(String(changed.body['vcenter_thumbprint'])).toHaveLength(95);
    expect(await passwordOf(id)).toBe('correct horse battery staple');

    await put(id, { password: 'new one', vcenter_thumbprint: null });
    expect(await show(id)).toMatchObject({ username: 'other', vcenter_thumbprint: null });
    expect(await passwordOf(id)).toBe('new one');
  });

  test('never has a password sent to another server that was not saved for it', async () => {
    const id = await save('one');
    for (const password of [{}, { password: '' }]) {
      const refused = await put(id, { vcenter_host: 'attacker.example', ...password });
      expect(refused).toMatchObject({ status: 422, body: { code: 'credential.password-needed' } });
    }
    expect(await show(id)).toMatchObject({ vcenter_host: 'vc1.example.com' });
    expect((await put(id, { vcenter_host: 'VC1.example.com' })).status).toBe(200);
    expect(await passwordOf(id)).toBe('correct horse battery staple');
    expect((await put(id, { vcenter_host: 'vc2.example.com', password: 'of vc2' })).status).toBe(200);
    expect(await passwordOf(id)).toBe('of vc2');
  });

  test('of two edits that were meant for the same state, one is refused', async () => {
    const id = await save('one');
    const etag = (await api.call('GET', `${PATH}/${id}`)).headers.get('etag') ?? '';
    const replies = await Promise.all(['a', 'b'].map((username) => put(id, { username }, { 'if-match': etag })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const removed = await api.call('DELETE', `${PATH}/${id}`, { headers: { 'if-match': etag } });
    expect(removed.status).toBe(412);
  });

  test('to a name that is taken is refused and changes nothing', async () => {
    await save('Taken');
    const id = await save('one');
    expect((await put(id, { credential_name: 'taken', username: 'other' })).body).toMatchObject({
      code: 'credential.exists',
    });
    expect(await show(id)).toMatchObject({ credential_name: 'one', username: 'migratekit@vsphere.local' });
    expect((await put(id, { credential_name: 'ONE' })).body).toMatchObject({ credential_name: 'ONE' });
  });
});

describe('the default', () => {
  test('is one at most, whichever way it is set', async () => {
    const [one, two] = [await save('one', { is_default: true }), await save('two', { is_default: true })];
    expect(await defaults()).toEqual([two]);
    await api.call('PUT', `${PATH}/${one}/set-default`);
    expect(await defaults()).toEqual([one]);
    await put(two, { is_default: true });
    expect(await defaults()).toEqual([two]);
    expect((await api.call('GET', `${PATH}/default`)).body).toMatchObject({ id: two });
    await put(two, { is_default: false });
    expect((await api.call('GET', `${PATH}/default`)).body).toMatchObject({ code: 'credential.no-default' });
  });

  test('stays one when many are made it at once', async () => {
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map((name) => save(name, { is_default: true })));
    expect(await defaults()).toHaveLength(1);
    await Promise.all(ids.map((id) => api.call('PUT', `${PATH}/${id}/set-default`)));
    expect(await defaults()).toHaveLength(1);
  });

  test('is never an inactive one', async () => {
    const id = await save('one', { is_default: true });
    expect((await put(id, { is_active: false })).body).toMatchObject({ code: 'credential.inactive' });
    expect((await put(id, { is_active: false, is_default: false })).status).toBe(200);
    expect((await put(id, { is_default: true })).body).toMatchObject({ code: 'credential.inactive' });
    expect(await defaults()).toEqual([]);
  });
});

describe('deleting', () => {
  test('is refused while VMs use it, which are named, and possible when none does any more', async () => {
    const [used] = [await save('used'), await save('other')];
    for (let index = 0; index < 22; index += 1) {
      await makeContext(api.db, { vm_name: `vm-${String(index).padStart(2, '0')}`, credential_id: used });
    }
    expect(await show(used)).toMatchObject({ context_count: 22 });
    const { status, body } = await api.call('DELETE', `${PATH}/${used}`);
    expect([status, body['code']]).toEqual([409, 'credential.in-use']);
    expect(body['detail']).toMatch(/^22 VMs use the credential used: vm-00, .*vm-19 and 2 more$/);
    expect(body['errors']).toHaveLength(20);

    await api.db('vm_replication_contexts').delete();
    const deleted = await api.call('DELETE', `${PATH}/${used}`);
    expect(deleted.body).toEqual({ message: 'the credential used is deleted' });
    expect(await names()).toEqual(['other']);
  });

  test('leaves an active one, also when two are deleted at once', async () => {
    const ids = [await save('one'), await save('two')];
    const replies = await Promise.all(ids.map((id) => api.call('DELETE', `${PATH}/${id}`)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const [last] = ids.filter((_id, index) => replies[index]?.status === 409);
    expect(replies.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'credential.last-active' });
    await put(Number(last), { is_active: false });
    expect((await api.call('DELETE', `${PATH}/${last}`)).status).toBe(200);
  });

  test('of the default says that there is none now', async () => {
    await save('other');
    const id = await save('one', { is_default: true });
    expect((await api.call('DELETE', `${PATH}/${id}`)).body['message']).toMatch(/there is no default/);
  });
});
