import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { inTransaction } from '../../../src/db/knex.ts';
import { SecretBox } from '../../../src/db/secret-box.ts';
import { activeOsseaConfig } from '../../../src/db/stores/ossea-config-store.ts';
import { insertCredential, useCredential } from '../../../src/db/stores/vmware-credential-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeOsseaConfig } from '../../support/factories.ts';
import { processEnv } from '../../support/process-env.ts';
import { until } from '../../support/until.ts';

const oldKey = randomBytes(32);
const newKey = randomBytes(32);
const oldBox = new SecretBox(new Secret(oldKey));
const newBox = new SecretBox(new Secret(newKey));
const bothBox = new SecretBox(new Secret(newKey), [new Secret(oldKey)]);
const NEW_KEY_ONLY = { MIGRATEKIT_SECRETS_KEY: newKey.toString('base64') };
const BOTH_KEYS = { ...NEW_KEY_ONLY, MIGRATEKIT_SECRETS_OTHER_KEYS: oldKey.toString('base64') };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of ['vmware_credentials', 'ossea_configs']) await database.knex(table).delete();
});

function start(action: string, keys: Record<string, string>): ChildProcess {
  const main = join(process.cwd(), 'src/bin/secrets.ts');
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, main, action], {
    env: { PATH: process.env['PATH'], ...processEnv(database, '/nowhere'), ...keys },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(action: string, keys: Record<string, string>): Promise<{ out: string; err: string; code: unknown }> {
  const child = start(action, keys);
  const [out, err, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'exit') as Promise<[unknown]>,
  ]);
  return { out: out.trim(), err: err.trim(), code };
}

/** Credentials sealed under the old key, and a cloud with its two keys. @returns the ids of the credentials */
async function oldSecrets(count: number): Promise<number[]> {
  await makeOsseaConfig(database.knex, oldBox, { secretKey: new Secret('key of the cloud') });
  const ids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const values = { credentialName: `c${index}`, vcenterHost: 'vc', username: 'u', datacenter: 'd', createdBy: 'ann' };
    const rest = {
      vcenterThumbprint: null,
      vcenterCa: null,
      isActive: true,
      password: new Secret(`password ${index}`),
    };
    ids.push(await inTransaction(database.knex, (trx) => insertCredential(trx, oldBox, { ...values, ...rest })));
  }
  return ids;
}

async function areCurrent(ids: readonly number[]): Promise<boolean[]> {
  const rows: { id: number; password_encrypted: string }[] = await database.knex('vmware_credentials');
  return ids.map((id) => newBox.isCurrent(rows.find((row) => row.id === id)?.password_encrypted ?? ''));
}

const passwords = async (ids: readonly number[], box: SecretBox): Promise<string[]> => {
  const opened = await Promise.all(ids.map((id) => useCredential(database.knex, box, id)));
  return opened.map(({ password }) => password.reveal());
};

test('a re-wrap that is killed half-way leaves every secret readable, and begun again it does the rest', async () => {
  const ids = await oldSecrets(6);
  const all = ids.map((_id, index) => `password ${index}`);
  // It stops at the fourth credential for as long as this transaction holds it.
  const holder = await database.knex.transaction();
  try {
    await holder('vmware_credentials').where({ id: ids[3] }).forUpdate().select();
    const child = start('rewrap', BOTH_KEYS);
    const exited = once(child, 'exit');
    const isThirdDone = async (): Promise<boolean> => {
      // A transaction that lies idle is rolled back by the server.
      await holder.raw('select 1');
      return (await areCurrent(ids))[2] === true;
    };
    await until(isThirdDone, { withinMs: 60_000, what: 'the third to be done' });
    child.kill('SIGKILL');
    await exited;
  } finally {
    await holder.rollback();
  }
  expect(await areCurrent(ids)).toEqual([true, true, true, false, false, false]);
  expect(await passwords(ids, bothBox)).toEqual(all);

  const status = await run('status', BOTH_KEYS);
  expect(status).toMatchObject({
    code: 0,
    out: `key ${newBox.keyId}: 3 to be re-wrapped, 5 already under it, 0 unreadable`,
  });
  expect(await areCurrent(ids)).toEqual([true, true, true, false, false, false]);

  const rest = await run('rewrap', BOTH_KEYS);
  expect(rest).toMatchObject({ code: 0, out: `key ${newBox.keyId}: 3 re-wrapped, 5 already under it, 0 unreadable` });
  expect(await passwords(ids, newBox)).toEqual(all);
  expect((await activeOsseaConfig(database.knex, newBox)).secretKey.reveal()).toBe('key of the cloud');
  expect(await run('rewrap', NEW_KEY_ONLY)).toMatchObject({ out: expect.stringContaining(' 0 re-wrapped, 8 already') });
});

test('what no key opens is named, stays as it was, and does not keep the others from being done', async () => {
  const ids = await oldSecrets(3);
  const { knex } = database;
  await knex('vmware_credentials').where({ id: ids[1] }).update({ vcenter_host: 'elsewhere' });
  const [before] = (await knex('vmware_credentials').where({ id: ids[1] })) as unknown[];
  const { out, err, code } = await run('rewrap', BOTH_KEYS);
  expect([out, code]).toEqual([`key ${newBox.keyId}: 4 re-wrapped, 0 already under it, 1 unreadable`, 1]);
  expect(err).toMatch(/secret\.damaged.*"row":"\d+ elsewhere"/);
  expect(await areCurrent(ids)).toEqual([true, false, true]);
  expect(await knex('vmware_credentials').where({ id: ids[1] })).toEqual([before]);
});

test('without the former key nothing is touched, and the command says which key is missing', async () => {
  const ids = await oldSecrets(1);
  const { out, err, code } = await run('rewrap', NEW_KEY_ONLY);
  expect([out, code]).toEqual([`key ${newBox.keyId}: 0 re-wrapped, 0 already under it, 3 unreadable`, 1]);
  expect(err).toContain(oldBox.keyId);
  expect(err).toContain('MIGRATEKIT_SECRETS_OTHER_KEYS');
  expect(await passwords(ids, oldBox)).toEqual(['password 0']);
});

test('a mistyped action changes nothing and shows how it is called', async () => {
  expect(await run('rotate', BOTH_KEYS)).toMatchObject({
    code: 2,
    err: expect.stringContaining('usage: migratekit secrets'),
  });
});
