import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/config/secrets.ts';
import { probeDatabase } from '../../../src/db/admin.ts';
import { openDatabase } from '../../../src/db/knex.ts';
import { startMariadb, type EmbeddedMariadb } from '../../../src/lab/embedded/mariadb.ts';
import { startRedis } from '../../../src/lab/embedded/redis.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mk-embedded-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function countRows(server: EmbeddedMariadb): Promise<number> {
  const db = openDatabase({ ...coordinates(server), name: 'shop', poolMax: 1 });
  try {
    return (await db('goods').select('id')).length;
  } finally {
    await db.destroy();
  }
}

const coordinates = ({ host, port, user, password }: EmbeddedMariadb) => ({ host, port, user, password });

async function makeRow(server: EmbeddedMariadb): Promise<void> {
  await server.createDatabase('shop');
  const db = openDatabase({ ...coordinates(server), name: 'shop', poolMax: 1 });
  try {
    await db.raw('create table goods (id int primary key)');
    await db('goods').insert({ id: 1 });
  } finally {
    await db.destroy();
  }
}

describe('embedded MariaDB', () => {
  test('what was committed survives kill -9, a restart on the same port, and a new start on the same folder', async () => {
    const home = join(dir, 'db');
    {
      await using server = await startMariadb({ dir: home });
      await makeRow(server);
      const { port, pid } = server;
      await server.kill9();
      await expect(probeDatabase(server)).rejects.toMatchObject({ code: 'db.unreachable' });
      await server.restart();
      expect(server.port).toBe(port);
      expect(server.pid).not.toBe(pid);
      expect(await countRows(server)).toBe(1);
    }
    await using again = await startMariadb({ dir: home });
    expect(await countRows(again)).toBe(1);
  });

  test('nobody gets in without the password, and no password stays in its folder or its arguments', async () => {
    const home = join(dir, 'db-secrets');
    await using server = await startMariadb({ dir: home });
    const secrets = [server.password.reveal(), server.root.password.reveal()];
    for (const { user } of [server, server.root]) {
      const nobody = { ...coordinates(server), user, password: new Secret('') };
      await expect(probeDatabase(nobody)).rejects.toMatchObject({ code: 'db.access-denied' });
    }
    const args = await readFile(`/proc/${server.pid}/cmdline`, 'utf8');
    expect(args).toContain('mariadbd');
    for (const file of (await readdir(home)).filter((name) => /\.(log|sql|conf|cnf|json)$/.test(name))) {
      const text = await readFile(join(home, file), 'utf8');
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    for (const secret of secrets) expect(args).not.toContain(secret);
  });
});

describe('embedded Redis', () => {
  test('keeps its port and password over kill -9 and restart, and dies with stop', async () => {
    const server = await startRedis({ dir: join(dir, 'redis'), appendOnly: true });
    const { pid, url } = server;
    await server.kill9();
    await server.restart();
    expect(server.url.reveal()).toBe(url.reveal());
    expect(server.pid).not.toBe(pid);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
  });
});
