import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { openSecretBox, SecretBox } from '../../../src/db/secret-box.ts';
import { rewrapSecrets } from '../../../src/db/stores/secret-rewrap.ts';
import { activeOsseaConfig, osseaConfigById } from '../../../src/db/stores/ossea-config-store.ts';
import { sourceVm } from '../../support/api.ts';
import { CloudStand } from '../../support/cloud-stand.ts';

jest.setTimeout(60_000);

let stand: CloudStand;
beforeAll(async () => {
  stand = await CloudStand.start();
});
afterAll(() => stand[Symbol.asyncDispose]());
beforeEach(() => stand.forget());

const box = () => openSecretBox(stand.api.config);
const activeNames = async (): Promise<string[]> =>
  (await stand.api.db('ossea_configs').where({ is_active: 1 }).orderBy('name')).map(({ name }) => String(name));
const shown = async (id: number): Promise<Record<string, unknown>> =>
  (await stand.config('get', { id })).body['config'] as Record<string, unknown>;

/** A VM that a job works on, in the active cloud. @returns the id of its context */
async function replicating(name: string): Promise<string> {
  const { body } = await stand.post('/replications', { source_vm: sourceVm(name), vcenter_host: 'vc1' });
  return String(body['context_id']);
}

async function volumeIn(id: number): Promise<void> {
  await stand.api
    .db('ossea_volumes')
    .insert({ volume_id: `volume-${id}`, name: 'v', size_gb: 1, state: 'Ready', ossea_config_id: id });
}

describe('a configuration', () => {
  test('is created with its keys sealed, which no answer has, and with the address that is called', async () => {
    const bare = String(stand.typed()['api_url']).replace('/client/api', '/');
    const made = await stand.config('create', { config: stand.fields('cloud', { api_url: bare }) });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ action: 'create', success: true, message: 'cloud is saved and active' });
    const config = made.body['config'] as Record<string, unknown>;
    expect(config).toMatchObject({ name: 'cloud', api_url: stand.typed()['api_url'], is_active: true });
    const secret = String(stand.typed()['secret_key']);
    expect(JSON.stringify([made.body, (await stand.config('get')).body])).not.toContain(secret);
    expect(JSON.stringify(await stand.api.db('ossea_configs').select())).not.toContain(secret);
    const opened = await activeOsseaConfig(stand.api.db, box());
    expect(opened.secretKey.reveal()).toBe(secret);
  });

  test('that lacks a field is refused, naming it', async () => {
    const { status, body } = await stand.config('create', { config: { name: 'x', api_key: 'k' } });
    expect(status).toBe(400);
    const paths = (body['errors'] as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(['config.api_url', 'config.secret_key', 'config.zone']);
    expect((await stand.config('create')).status).toBe(400);
    expect((await stand.config('nonsense')).status).toBe(400);
    for (const action of ['update', 'delete']) expect((await stand.config(action)).status).toBe(400);
  });

  test('is changed field by field, keeps its keys without new ones, and takes its keys to a new name', async () => {
    const id = await stand.configured('before');
    await stand.config('update', { id, config: { network_id: null, zone: 'zone-2' } });
    expect(await shown(id)).toMatchObject({ name: 'before', zone: 'zone-2', network_id: null, is_active: true });
    expect((await stand.config('update', { id, config: { name: 'after' } })).status).toBe(200);
    const opened = await osseaConfigById(stand.api.db, box(), id);
    expect([opened.name, opened.secretKey.reveal()]).toEqual(['after', stand.typed()['secret_key']]);
    await stand.config('update', { id, config: { api_key: 'new-key', secret_key: 'new-secret' } });
    const renewed = await osseaConfigById(stand.api.db, box(), id);
    expect([renewed.apiKey.reveal(), renewed.secretKey.reveal()]).toEqual(['new-key', 'new-secret']);
    expect((await stand.config('update', { id, config: { api_key: 'one' } })).status).toBe(400);
  });

  test('whose name is taken is refused, in whatever letters', async () => {
    await stand.configured('cloud');
    const other = await stand.configured('other');
    const made = await stand.config('create', { config: stand.fields('Cloud') });
    const renamed = await stand.config('update', { id: other, config: { name: 'CLOUD' } });
    expect([made.body['code'], renamed.body['code']]).toEqual(['ossea-config.exists', 'ossea-config.exists']);
    expect(await activeNames()).toEqual(['other']);
  });

  test('is tried with what is stored, and with what is typed in', async () => {
    const id = await stand.configured();
    const good = await stand.config('test', { id });
    expect(good.body).toMatchObject({ success: true, test_result: { success: true, account: 'admin' } });
    const bad = await stand.config('test', { config: stand.typed({ secret_key: 'wrong' }) });
    expect(bad.body).toMatchObject({ success: false, test_result: { error_code: 'cloudstack.unauthorized' } });
    expect((await stand.config('test', { id, config: { api_url: 'http://evil.example' } })).status).toBe(400);
  });

  test('is read from the database for each request: changed keys count at once', async () => {
    const id = await stand.configured();
    expect((await stand.get('/networks/available')).status).toBe(200);
    await stand.config('update', { id, config: { api_key: 'wrong', secret_key: 'wrong' } });
    expect((await stand.get('/networks/available')).body['code']).toBe('cloudstack.unauthorized');
  });

  test('comes under a new master key with the others', async () => {
    const id = await stand.configured();
    const former = stand.api.config.secretsKey;
    if (former === undefined) throw new Error('the test needs a key');
    const next = new SecretBox(new Secret(randomBytes(32)), [former]);
    expect(await rewrapSecrets(stand.api.db, next, { dryRun: false })).toMatchObject({ rewrapped: 2, unreadable: [] });
    expect((await osseaConfigById(stand.api.db, next, id)).secretKey.reveal()).toBe(stand.typed()['secret_key']);
  });
});

describe('the active one', () => {
  test('is the one that was made active last, and a second one says whom it replaced', async () => {
    const first = await stand.configured('first');
    const second = await stand.config('create', { config: stand.fields('second') });
    expect(second.body['message']).toBe('second is saved and active; first is not active any more');
    await stand.config('create', { config: stand.fields('third', { is_active: false }) });
    expect(await activeNames()).toEqual(['second']);
    await stand.config('update', { id: first, config: { is_active: true } });
    expect(await activeNames()).toEqual(['first']);
    await stand.config('update', { id: first, config: { is_active: false } });
    expect(await activeNames()).toEqual([]);
  });

  test('is exactly one, however many are created and made active at once', async () => {
    const make = (name: string) => stand.config('create', { config: stand.fields(name) });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const made = await Promise.all(names.map(make));
    expect(made.map(({ status }) => status)).toEqual(names.map(() => 201));
    expect(await activeNames()).toHaveLength(1);
    const ids = made.map(({ body }) => (body['config'] as { id: number }).id);
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(ids.map((id) => stand.config('update', { id, config: { is_active: true } })));
      expect(await activeNames()).toHaveLength(1);
    }
  });

  test('is kept while jobs work in it; without jobs, deleting makes it inactive and keeps the row', async () => {
    const id = await stand.configured();
    await replicating('web01');
    await volumeIn(id);
    const refused = await stand.config('delete', { id });
    expect([refused.status, refused.body['code']]).toEqual([409, 'ossea-config.in-use']);
    const toggled = await stand.config('update', { id, config: { is_active: false } });
    expect(toggled.body['code']).toBe('ossea-config.in-use');
    expect(await shown(id)).toMatchObject({ is_active: true, active_job_count: 1, context_count: 1, volume_count: 1 });

    await stand.api.db('job_tracking').update({ active_context_id: null, status: 'completed' });
    const deleted = await stand.config('delete', { id });
    expect(deleted.body['message']).toMatch(/not active; 1 VM and 1 volume stay/);
    expect(await shown(id)).toMatchObject({ is_active: false });
    expect((await stand.config('delete', { id })).status).toBe(200);
    const without = await stand.get('/networks/available');
    expect(without.body['code']).toBe('ossea-config.missing');
  });

  test('gives way to another one while jobs work in it: they stay where they are', async () => {
    const first = await stand.configured('first');
    const contextId = await replicating('web02');
    await stand.configured('second');
    const rows: unknown[] = await stand.api.db('vm_replication_contexts').where({ context_id: contextId });
    expect(rows).toMatchObject([{ ossea_config_id: first }]);
  });
});

describe('another address', () => {
  test('needs the keys, which are not sent to a host that they were not saved for', async () => {
    const id = await stand.configured();
    const moved = await stand.config('update', { id, config: { api_url: 'http://other.example.com' } });
    expect([moved.status, moved.body['code']]).toEqual([422, 'ossea-config.keys-needed']);
    const sameHost = await stand.config('update', { id, config: { api_url: 'https://127.0.0.1:8443' } });
    expect(sameHost.status).toBe(200);
  });

  test('is refused while volumes are stored there, unless it is said to be the same cloud', async () => {
    const id = await stand.configured();
    await volumeIn(id);
    const config = { api_url: 'http://other.example.com', api_key: 'k', secret_key: 's' };
    const refused = await stand.config('update', { id, config });
    expect([refused.status, refused.body['code']]).toEqual([409, 'ossea-config.in-use']);
    expect((await stand.config('update', { id, config, force: true })).status).toBe(200);
    expect(await shown(id)).toMatchObject({ api_url: 'http://other.example.com/client/api' });
  });
});

describe('the streamlined configuration', () => {
  const save = (change: Record<string, unknown> = {}) =>
    stand.post('/ossea/config-streamlined', stand.streamlined(change));

  test('is made once, replaced after that, and active each time', async () => {
    const first = await save();
    expect(first).toMatchObject({ status: 200, body: { success: true } });
    const id = Number(first.body['config_id']);
    await stand.configured('other');
    const again = await save({ network_id: 'another', domain_name: 'ROOT/x' });
    expect(again.body['config_id']).toBe(id);
    expect(await shown(id)).toMatchObject({
      name: 'default',
      network_id: 'another',
      domain: 'ROOT/x',
      is_active: true,
    });
    expect(await activeNames()).toEqual(['default']);
    expect((await stand.config('test', { id })).body).toMatchObject({ success: true });
  });

  test('is one, however often it is sent at once', async () => {
    const saved = await Promise.all([1, 2, 3, 4].map(() => save()));
    expect(new Set(saved.map(({ status, body }) => `${status} ${String(body['config_id'])}`)).size).toBe(1);
    expect(await stand.api.db('ossea_configs').select()).toHaveLength(1);
  });

  test('needs every field', async () => {
    const { status, body } = await save({ oma_vm_id: undefined, zone_id: undefined });
    expect(status).toBe(400);
    expect((body['errors'] as { path: string }[]).map(({ path }) => path).toSorted()).toEqual(['oma_vm_id', 'zone_id']);
  });

  test('whose address is too long only with what is added to it is refused, naming it', async () => {
    const { status, body } = await save({ base_url: 'x'.repeat(490) });
    expect(status).toBe(400);
    expect((body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual(['base_url']);
  });
});
