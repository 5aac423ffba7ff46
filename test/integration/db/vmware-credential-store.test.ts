import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { SecretBox } from '../../../src/db/secret-box.ts';
import {
  insertCredential,
  makeDefault,
  useCredential,
  type CredentialValues,
} from '../../../src/db/stores/vmware-credential-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const box = new SecretBox(new Secret(randomBytes(32)));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.knex('vmware_credentials').delete());

function save(name: string, change: Partial<CredentialValues> = {}): Promise<number> {
  const values = {
    credentialName: name,
    vcenterHost: 'VC1.example.com',
    username: 'user',
    datacenter: 'DC1',
    vcenterThumbprint: null,
    vcenterCa: null,
    isActive: true,
    ...change,
  };
  const secrets = { password: new Secret(`password of ${name}`), createdBy: 'ann' };
  return inTransaction(database.knex, (trx) => insertCredential(trx, box, { ...values, ...secrets }));
}

const row = (id: number) => database.knex('vmware_credentials').where({ id });
const use = (id: number) => useCredential(database.knex, box, id);

describe('a stored password', () => {
  test('is sealed in its row, opens for who uses it, and each use is counted without being a change of the row', async () => {
    const id = await save('one');
    const [before] = (await row(id)) as { password_encrypted: string; updated_at: Date; last_used: Date | null }[];
    expect(before?.password_encrypted).toMatch(new RegExp(`^v1\\.${box.keyId}\\.`));
    expect(before?.last_used).toBeNull();

    expect((await use(id)).password.reveal()).toBe('password of one');
    const used = await use(id);
    expect(used).toMatchObject({ id, usageCount: 2, username: 'user', lastUsed: expect.any(Date) });
    expect(used.updatedAt).toEqual(before?.updated_at);
    expect(used).not.toHaveProperty('passwordEncrypted');
    expect(JSON.stringify(used)).not.toContain('password of');
  });

  test('does not open in another row, nor for another host, nor changed; and what does not open counts as no use', async () => {
    const [one, two] = [await save('one'), await save('two')];
    const sealed = ((await row(one)) as { password_encrypted: string }[])[0]?.password_encrypted ?? '';
    await row(two).update({ password_encrypted: sealed });
    await expect(use(two)).rejects.toMatchObject({ code: 'secret.damaged' });

    await row(one).update({ vcenter_host: 'attacker.example' });
    await expect(use(one)).rejects.toMatchObject({ code: 'secret.damaged' });
    await row(one).update({ vcenter_host: 'vc1.EXAMPLE.com' });
    expect((await use(one)).password.reveal()).toBe('password of one');

    await row(one).update({ password_encrypted: sealed.slice(0, -1) });
    await expect(use(one)).rejects.toMatchObject({ code: 'secret.damaged' });
    expect(await row(one).first('usage_count')).toEqual({ usage_count: 1 });
  });

  test('is not given out when the credential is inactive or gone', async () => {
    const id = await save('one', { isActive: false });
    await expect(use(id)).rejects.toMatchObject({ code: 'credential.inactive' });
    await row(id).delete();
    await expect(use(id)).rejects.toMatchObject({ code: 'credential.unknown' });
  });
});

test('of many that are made the default at once, new ones among them, exactly one is it', async () => {
  const ids = await Promise.all(['a', 'b', 'c'].map((name) => save(name)));
  for (let round = 0; round < 5; round += 1) {
    const known = ids.map((id) => inTransaction(database.knex, (trx) => makeDefault(trx, id), { idempotent: true }));
    const fresh = ['x', 'y'].map((name) =>
      inTransaction(database.knex, async (trx) => {
        const password = new Secret('p');
        const values = { credentialName: `${name}${round}`, vcenterHost: 'vc', username: 'u', datacenter: 'd' };
        const rest = { vcenterThumbprint: null, vcenterCa: null, isActive: true, password, createdBy: 'ann' };
        await makeDefault(trx, await insertCredential(trx, box, { ...values, ...rest }));
      }),
    );
    await Promise.all([...known, ...fresh]);
    expect(await database.knex('vmware_credentials').where({ is_default: 1 })).toHaveLength(1);
  }
});
