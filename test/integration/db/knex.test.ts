import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { conflict, toAppError } from '../../../src/base/errors.ts';
import type { DatabaseConfig } from '../../../src/config/config.ts';
import { isDuplicate } from '../../../src/db/errors.ts';
import { inTransaction, openDatabase, type Knex } from '../../../src/db/knex.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;
let db: Knex;
beforeAll(async () => {
  database = await createTestDatabase();
  db = database.knex;
  await db.raw(
    'create table goods (id int primary key, amount int not null, big bigint, price decimal(5,2), more json)',
  );
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await db('goods').del();
  await db('goods').insert([
    { id: 1, amount: 0 },
    { id: 2, amount: 0 },
  ]);
});

const amounts = async (): Promise<number[]> =>
  (await db('goods').orderBy('id')).map((row: { amount: number }) => row.amount);

/** The session that a transaction runs in. */
async function sessionOf(trx: Knex): Promise<number> {
  const [rows] = (await trx.raw('select connection_id() as id')) as [{ id: number }[]];
  return rows[0]?.id ?? 0;
}

describe('a session', () => {
  test('is read committed, UTC, strict, and compares literals as our tables do', async () => {
    const [rows] = (await db.raw(
      `select @@session.time_zone as zone, @@sql_mode as mode, @@collation_connection as collation,
         @@innodb_lock_wait_timeout as patience`,
    )) as [Record<string, unknown>[]];
    expect(rows[0]).toMatchObject({ zone: '+00:00', collation: 'utf8mb4_unicode_ci', patience: 10 });
    expect(rows[0]?.['mode']).toMatch(/STRICT_TRANS_TABLES/);
    await inTransaction(db, async (trx) => {
      expect(await trx('goods').where({ id: 1 })).toMatchObject([{ amount: 0 }]);
      await db('goods').where({ id: 1 }).update({ amount: 7 });
      expect(await trx('goods').where({ id: 1 })).toMatchObject([{ amount: 7 }]);
    });
  });

  test('large numbers stay exact, JSON comes parsed, times are UTC', async () => {
    await db('goods').insert({ id: 3, amount: 1, big: '9007199254740993', more: '{"a":[1]}' });
    await db('goods').insert({ id: 4, amount: 1, big: 9_007_199_254_740_991 });
    const rows = (await db('goods').whereIn('id', [3, 4]).orderBy('id')) as { big: unknown; more: unknown }[];
    expect(rows.map((row) => row.big)).toEqual(['9007199254740993', 9_007_199_254_740_991]);
    expect(rows[0]?.more).toEqual({ a: [1] });
    const [times] = (await db.raw('select utc_timestamp(3) as t, now(3) as n')) as [{ t: Date; n: Date }[]];
    expect(times[0]?.t).toEqual(times[0]?.n);
    expect(Math.abs((times[0]?.t.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
  });

  test('an id in letters that no id of ours has finds nothing, and fails nothing', async () => {
    expect(await db('job_tracking').where({ id: 'жob-🔑' })).toEqual([]);
    expect(await db('vm_replication_contexts').where({ context_id: 'é' })).toEqual([]);
  });

  test('errors carry our code, and neither message nor details a value', async () => {
    const error: unknown = await db('goods')
      .insert({ id: 1, amount: 4711 })
      .catch((thrown: unknown) => thrown);
    expect(isDuplicate(error, 'PRIMARY')).toBe(true);
    expect(String((error as Error).message)).not.toContain('4711');
    expect(String(((error as Error).cause as Error).message)).not.toContain('4711');
  });
});

describe('inTransaction', () => {
  test('stores all or nothing', async () => {
    await inTransaction(db, (trx) => trx('goods').update({ amount: 1 }));
    const refusal = inTransaction(db, async (trx) => {
      await trx('goods').update({ amount: 2 });
      throw conflict('test.no', 'no');
    });
    await expect(refusal).rejects.toMatchObject({ code: 'test.no' });
    expect(await amounts()).toEqual([1, 1]);
  });

  test('inside a transaction it joins: what it wrote goes when the outer one fails', async () => {
    const outer = inTransaction(db, async (trx) => {
      await inTransaction(trx, (inner) => inner('goods').update({ amount: 5 }));
      throw conflict('test.no', 'no');
    });
    await expect(outer).rejects.toMatchObject({ code: 'test.no' });
    expect(await amounts()).toEqual([0, 0]);
  });

  test('both sides of a deadlock are stored in the end', async () => {
    let entered = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let runs = 0;
    const add = (first: number, second: number): Promise<unknown> =>
      inTransaction(db, async (trx) => {
        runs += 1;
        await trx('goods').where({ id: first }).increment('amount', 1);
        entered += 1;
        if (entered === 2) open();
        await gate;
        await trx('goods').where({ id: second }).increment('amount', 1);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(await amounts()).toEqual([2, 2]);
    expect(runs).toBeGreaterThan(2);
  });

  test('a caller that does it in another way gets the deadlock, once, and nothing of it is stored', async () => {
    let entered = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const add = (first: number, second: number): Promise<unknown> =>
      inTransaction(
        db,
        async (trx) => {
          await trx('goods').where({ id: first }).increment('amount', 1);
          entered += 1;
          if (entered === 2) open();
          await gate;
          await trx('goods').where({ id: second }).increment('amount', 1);
        },
        { throwsContention: true },
      );
    const ended = await Promise.allSettled([add(1, 2), add(2, 1)]);

    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ended.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'db.contention' } });
    expect([entered, await amounts()]).toEqual([2, [1, 1]]);
  });

  test('a connection killed before COMMIT costs a repetition and nothing else', async () => {
    let runs = 0;
    await inTransaction(db, async (trx) => {
      runs += 1;
      await trx('goods').increment('amount', 1);
      if (runs > 1) return;
      const id = await sessionOf(trx);
      await db.raw('kill ?', [id]);
      await trx('goods').increment('amount', 1);
    });
    expect([runs, await amounts()]).toEqual([2, [1, 1]]);
  });

  test('it gives up after 5 attempts with the error of the last', async () => {
    let runs = 0;
    const hopeless = inTransaction(db, async (trx) => {
      runs += 1;
      const id = await sessionOf(trx);
      await db.raw('kill ?', [id]);
      await trx('goods').increment('amount', 1);
    });
    await expect(hopeless).rejects.toMatchObject({ code: 'db.unreachable' });
    expect([runs, await amounts()]).toEqual([5, [0, 0]]);
  });

  test('a transaction that lies idle is rolled back by the server: whoever hangs keeps no rows from the others', async () => {
    const hung = await db.transaction();
    await hung('goods').where({ id: 1 }).update({ amount: 7 });
    await inTransaction(db, (trx) => trx('goods').where({ id: 1 }).update({ amount: 8 }));

    await expect(hung('goods').where({ id: 2 }).update({ amount: 7 })).rejects.toMatchObject({
      code: 'db.unreachable',
    });
    await hung.rollback().catch(() => undefined);
    expect(await amounts()).toEqual([8, 0]);
  });

  test('other errors are not repeated', async () => {
    let runs = 0;
    const wrong = inTransaction(db, async (trx) => {
      runs += 1;
      await trx('goods').insert({ id: 1, amount: 0 });
    });
    await expect(wrong).rejects.toMatchObject({ code: 'db.duplicate' });
    expect(runs).toBe(1);
  });
});

/** Hands bytes on to the database and cuts the line when a client says COMMIT: before it arrives, or after. */
class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  cut: 'before' | 'after' | 'never' = 'never';
  readonly #silenced = new WeakSet<Socket>();
  /** New sessions get no answer to their first statement. */
  hangs = false;
  commits = 0;

  constructor(target: DatabaseConfig) {
    this.#server = createServer((client) => {
      const upstream = connect({ host: target.host, port: target.port });
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          client.destroy();
          upstream.destroy();
        });
      }
      let committing = false;
      client.on('data', (chunk) => {
        if (this.hangs && chunk.includes('set session')) this.#silenced.add(upstream);
        committing = chunk.includes('COMMIT');
        if (committing) this.commits += 1;
        if (committing && this.cut === 'before') client.destroy();
        else upstream.write(chunk);
      });
      upstream.on('data', (chunk) => {
        if (this.#silenced.has(upstream)) return;
        if (committing && this.cut === 'after') client.destroy();
        else client.write(chunk);
      });
    });
  }

  /** Swallows what the database answers on the lines of this moment, and keeps them open. */
  silence(): void {
    for (const socket of this.#sockets) this.#silenced.add(socket);
  }

  /** Breaks every line of this moment. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.port;
  }

  async close(): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a line that breaks or falls silent', () => {
  let proxy: CuttingProxy;
  let far: Knex;
  beforeEach(async () => {
    proxy = new CuttingProxy(database.config);
    const config = { ...database.config, host: '127.0.0.1', port: await proxy.listen(), poolMax: 2 };
    far = openDatabase(config, { statementTimeoutMs: 2_000 });
  });
  afterEach(async () => {
    await far.destroy();
    await proxy.close();
  });

  test.each([
    { cut: 'before', stored: 0 },
    { cut: 'after', stored: 1 },
  ] as const)(
    'cut $cut the server has the COMMIT: never repeated, and the caller is told to look',
    async ({ cut, stored }) => {
      proxy.cut = cut;
      const lost = inTransaction(far, (trx) => trx('goods').increment('amount', 1));
      await expect(lost).rejects.toMatchObject({ code: 'db.commit-unknown' });
      expect(proxy.commits).toBe(1);
      // The server ends the session of the cut line on its own.
      await until(async () => (await amounts()).every((amount) => amount === stored), {
        withinMs: 60_000,
        what: 'the outcome',
      });
    },
  );

  test('silence ends a statement, a transaction is repeated on a new line, and nothing is stored twice', async () => {
    await far('goods').select();
    proxy.silence();
    await expect(far('goods').update({ amount: 3 })).rejects.toMatchObject({ code: 'db.unreachable' });
    expect(await far('goods').where({ id: 1 }).first()).toBeDefined();

    await db('goods').update({ amount: 0 });
    let runs = 0;
    await inTransaction(far, async (trx) => {
      runs += 1;
      await trx('goods').where({ id: 1 }).increment('amount', 1);
      if (runs === 1) proxy.silence();
      await trx('goods').where({ id: 2 }).increment('amount', 1);
    });
    expect([runs, await amounts()]).toEqual([2, [1, 1]]);
  });

  test('a database that lets nobody in is unreachable; a pool that its users keep is exhausted', async () => {
    const users = [await far.transaction(), await far.transaction()];
    const other = openDatabase({ ...database.config, host: '127.0.0.1', port: proxy.port });
    proxy.hangs = true;
    const refused = await Promise.allSettled([far('goods').select(), other('goods').select()]);
    proxy.drop();
    await Promise.allSettled(users.map((trx) => trx.rollback()));
    await other.destroy();

    expect(refused.map((each) => each.status === 'rejected' && toAppError(each.reason).code)).toEqual([
      'db.pool-exhausted',
      'db.unreachable',
    ]);
  });

  test('declared idempotent, it is repeated until it is known to be stored', async () => {
    proxy.cut = 'after';
    const lost = inTransaction(
      far,
      async (trx) => {
        if (proxy.commits === 1) proxy.cut = 'never';
        await trx('goods').update({ amount: 9 });
      },
      { idempotent: true },
    );
    await lost;
    expect([proxy.commits, await amounts()]).toEqual([2, [9, 9]]);
  });
});

describe('a database that is not there', () => {
  test('is unreachable, with a hint, and at once', async () => {
    const nobody = openDatabase({ ...database.config, port: 1 });
    try {
      await expect(nobody('goods').select()).rejects.toMatchObject({
        kind: 'upstream',
        code: 'db.unreachable',
        hint: expect.stringContaining('MIGRATEKIT_DB_HOST'),
      });
    } finally {
      await nobody.destroy();
    }
  });
});
