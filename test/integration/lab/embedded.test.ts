import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { upstream } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/config/secrets.ts';
import { probeDatabase } from '../../../src/db/admin.ts';
import { openDatabase } from '../../../src/db/knex.ts';
import { freePort, onFreePort } from '../../../src/lab/embedded/free-port.ts';
import { startMariadb, type EmbeddedMariadb } from '../../../src/lab/embedded/mariadb.ts';
import { startRedis } from '../../../src/lab/embedded/redis.ts';
import { startServer } from '../../../src/lab/embedded/server-process.ts';
import { makeServerFolder } from '../../support/server-folder.ts';
import { until } from '../../support/until.ts';

let dir: string;
beforeAll(() => {
  dir = makeServerFolder('mk-embedded-');
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

/** Neither gone nor a zombie that waits for its parent to take notice. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('embedded servers', () => {
  test('get ports that the kernel gives to nobody, each another one, and none that is taken', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, freePort));
    expect(new Set(asked).size).toBe(20);
    expect(Math.max(...asked)).toBeLessThan(32_768);
    // The next one in the row.
    const taken = Math.max(...asked) + 1;
    const other = createServer();
    await new Promise((resolve) => other.once('error', resolve).listen(taken, '127.0.0.1', () => resolve(undefined)));
    expect(await freePort()).not.toBe(taken);
    await new Promise((resolve) => other.close(resolve));
  });

  test('choose another port when the first one was taken meanwhile', async () => {
    const ports: number[] = [];
    const taken = upstream('embedded.not-started', 'x', { details: { logTail: 'bind: Address already in use' } });
    const { port, started } = await onFreePort((candidate) => {
      ports.push(candidate);
      return ports.length < 3 ? Promise.reject(taken) : Promise.resolve('started');
    });
    expect([ports.length, port, started]).toEqual([3, ports[2], 'started']);
    await expect(onFreePort(() => Promise.reject(taken))).rejects.toBe(taken);
    let runs = 0;
    const other = upstream('embedded.not-started', 'x', { details: { logTail: 'no space left on device' } });
    await expect(onFreePort(() => Promise.reject(((runs += 1), other)))).rejects.toBe(other);
    expect(runs).toBe(1);
  });

  test('that exit at once, or never get ready, are reported with the end of their log and leave no process', async () => {
    const logFile = join(dir, 'broken.log');
    const never = { isReady: () => Promise.resolve(false), withinMs: 300 };
    const exits = { program: 'sh', args: ['-c', 'echo the reason >&2; exit 3'], logFile };
    await expect(startServer(exits, { ...never, withinMs: 60_000 })).rejects.toMatchObject({
      code: 'embedded.not-started',
      details: { logTail: expect.stringContaining('the reason') },
    });
    const sleeps = { program: 'sh', args: ['-c', 'echo $$; exec sleep 300'], logFile: join(dir, 'sleeps.log') };
    await expect(startServer(sleeps, never)).rejects.toThrow(/not ready within 300 ms/);
    const pid = Number(await readFile(sleeps.logFile, 'utf8'));
    expect(pid === 0 || !isAlive(pid)).toBe(true);
    const missing = { program: 'no-such-program', args: [], logFile };
    await expect(startServer(missing, { ...never, withinMs: 60_000 })).rejects.toMatchObject({
      code: 'embedded.not-started',
    });
  });
});

describe('embedded MariaDB', () => {
  test('a first start that was cut off is made again from nothing', async () => {
    // So deep that the socket has to live elsewhere, and with what shells and URLs stumble over.
    const home = join(dir, `a b%20#'${'d'.repeat(100)}`, 'db');
    await mkdir(join(home, 'data.unfinished', 'mysql'), { recursive: true });
    await using server = await startMariadb({ dir: home });
    await makeRow(server);
    expect(await countRows(server)).toBe(1);
    expect(Buffer.byteLength(server.socket)).toBeLessThanOrEqual(107);
    await server.stop();
    expect(existsSync(dirname(server.socket))).toBe(false);
  });

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
  test('does not outlive the process that started it, even when that is killed', async () => {
    const script = join(dir, 'owner.ts');
    await writeFile(
      script,
      `import { startRedis } from ${JSON.stringify(join(process.cwd(), 'src/lab/embedded/redis.ts'))};
       const server = await startRedis({ dir: ${JSON.stringify(join(dir, 'orphan'))} });
       console.log(server.pid);
       setInterval(() => undefined, 1000);`,
    );
    const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(owner.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      expect(isAlive(pid)).toBe(true);
      owner.kill('SIGKILL');
      await until(() => !isAlive(pid), { withinMs: 60_000, what: 'the end of Redis' });
    } finally {
      owner.kill('SIGKILL');
    }
  });

  test('keeps its port and password over kill -9 and restart, and dies with stop', async () => {
    const server = await startRedis({ dir: join(dir, `re d%is'#"`), appendOnly: true });
    const { pid, url } = server;
    await server.kill9();
    await server.restart();
    expect(server.url.reveal()).toBe(url.reveal());
    expect(server.pid).not.toBe(pid);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
  });
});
