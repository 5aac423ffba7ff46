import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { activeOsseaConfig, osseaConfigById } from '../../../src/db/stores/ossea-config-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeOsseaConfig, makeSecretBox } from '../../support/factories.ts';

let database: TestDatabase;
const box = makeSecretBox();
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.knex('ossea_configs').del());

describe('CloudStack configurations', () => {
  test('without one, work is refused with a hint', async () => {
    await expect(activeOsseaConfig(database.knex, box)).rejects.toMatchObject({
      kind: 'precondition',
      code: 'ossea-config.missing',
      hint: expect.stringContaining('config-streamlined'),
    });
  });

  test('what was saved comes back, and the keys rest sealed', async () => {
    const id = await makeOsseaConfig(database.knex, box, { zone: 'zone-1', domain: 'ROOT' });
    const config = await activeOsseaConfig(database.knex, box);
    expect(config).toMatchObject({ id, name: 'lab', zone: 'zone-1', domain: 'ROOT' });
    expect([config.apiKey.reveal(), config.secretKey.reveal()]).toEqual(['test-api-key', 'test-secret-key']);
    const rows = JSON.stringify(await database.knex('ossea_configs').select());
    expect(rows).not.toMatch(/test-api-key|test-secret-key/);
  });

  test('saving under the same name replaces, keeps the id and leaves nothing of the old values', async () => {
    const id = await makeOsseaConfig(database.knex, box, { domain: 'ROOT', omaVmId: 'old' });
    const again = await makeOsseaConfig(database.knex, box, { domain: null, omaVmId: 'new', apiKey: new Secret('k2') });
    expect(again).toBe(id);
    const config = await activeOsseaConfig(database.knex, box);
    expect(config).toMatchObject({ domain: null, omaVmId: 'new' });
    expect(config.apiKey.reveal()).toBe('k2');
  });

  test('the configuration saved last is the active one, and the other stays readable for what was begun there', async () => {
    const first = await makeOsseaConfig(database.knex, box, { name: 'old cloud' });
    const second = await makeOsseaConfig(database.knex, box, { name: 'new cloud' });
    expect((await activeOsseaConfig(database.knex, box)).id).toBe(second);
    expect((await osseaConfigById(database.knex, box, first)).name).toBe('old cloud');
  });

  test('two active ones are refused instead of guessing the cloud', async () => {
    await makeOsseaConfig(database.knex, box, { name: 'a' });
    await makeOsseaConfig(database.knex, box, { name: 'b' });
    await database.knex('ossea_configs').update({ is_active: 1 });
    await expect(activeOsseaConfig(database.knex, box)).rejects.toMatchObject({ code: 'ossea-config.ambiguous' });
  });

  test('keys moved from another row, or sealed under another key, do not open', async () => {
    await makeOsseaConfig(database.knex, box, { name: 'a' });
    await expect(activeOsseaConfig(database.knex, makeSecretBox())).rejects.toMatchObject({ code: 'secret.other-key' });
    await database.knex('ossea_configs').update({ name: 'renamed' });
    await expect(activeOsseaConfig(database.knex, box)).rejects.toMatchObject({ code: 'secret.damaged' });
  });
});
