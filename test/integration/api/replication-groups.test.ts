import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS, openGroups, ReplicationAcceptor } from '../../../src/api/replications/accept.ts';
import { acceptTogether, type Member } from '../../../src/api/replications/accept-together.ts';
import { StartReplication } from '../../../src/api/schemas/replications.ts';
import type { Knex } from '../../../src/db/knex.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { within } from '../../../src/queues/loop.ts';
import { sleep } from '../../../src/base/clock.ts';
import { addVms, expectWhole, memberOf } from '../../support/accepting.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';
import { QueueView } from '../../support/queue-view.ts';
import { until } from '../../support/until.ts';
import { Wire } from '../../support/wire.ts';

let wire: Wire;
let api: TestApi;
/** Besides the API, and not over its wire. */
let db: Knex;
beforeAll(async () => {
  wire = new Wire();
  api = await startTestApi(async (config) => ({
    ...config,
    database: { ...config.database, port: await wire.open(config.database) },
  }));
  db = api.db;
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await wire[Symbol.asyncDispose]();
});

let config: number;
beforeEach(async () => {
  for (const table of ['vm_replication_contexts', 'job_tracking', 'log_events', 'idempotency_keys', 'ossea_configs']) {
    await db(table).delete();
  }
  config = await addTarget(db);
});

/** Transactions of others; each test ends its own, this one ends what a failed test left. */
const open: Knex.Transaction[] = [];
afterEach(async () => {
  for (const trx of open.splice(0)) if (!trx.isCompleted()) await trx.rollback();
});
async function somebody(statement: string, values: string[] = []): Promise<Knex.Transaction> {
  const trx = await db.transaction();
  open.push(trx);
  await trx.raw(statement, values);
  return trx;
}
const holding = (contextId: string): Promise<Knex.Transaction> =>
  somebody('SELECT 1 FROM vm_replication_contexts WHERE context_id = ? FOR UPDATE', [contextId]);
/** Everybody who begins a replication needs this row at the end of it: to refer to it. */
const holdingTarget = (): Promise<Knex.Transaction> =>
  somebody('SELECT 1 FROM ossea_configs WHERE id = ? FOR UPDATE', [String(config)]);

const together = (members: readonly Member[]): ReturnType<typeof acceptTogether> =>
  acceptTogether(api.context.ledger, members, { waits: false });
const codeOf = (outcome: object): unknown => {
  if ('again' in outcome) return outcome.again;
  return 'error' in outcome ? (outcome.error as { code?: string }).code : 'accepted';
};
/** Waits for locks however long a busy machine takes to get there. */
const PATIENT = { ...LIMITS, groupsMax: 1, groupMs: 60_000, beginMs: 60_000 };
const patient = (): ((contextId: string) => Promise<unknown>) => {
  const acceptor = new ReplicationAcceptor(api.context.ledger, PATIENT);
  return async (contextId) => {
    const answered = await Promise.allSettled([acceptor.accept(memberOf(contextId))]);
    return answered[0].status === 'fulfilled'
      ? answered[0].value.status
      : codeOf({ error: answered[0].reason as unknown });
  };
};
const post = (contextId: string, headers: Record<string, string> = {}): ReturnType<TestApi['call']> =>
  api.call('POST', '/replications', { body: { context_id: contextId }, headers });
/** The server keeps what it last told about transactions for 0.1 s, and asked more often than that for ever. */
const TRANSACTIONS_KEPT_MS = 250;
async function untilWaiting(count: number, what: string): Promise<void> {
  await until(
    async () => {
      await sleep(TRANSACTIONS_KEPT_MS);
      const [rows] = (await db.raw(
        `SELECT COUNT(*) AS waiting FROM information_schema.innodb_trx trx
           JOIN information_schema.processlist session ON session.id = trx.trx_mysql_thread_id
          WHERE trx.trx_state = 'LOCK WAIT' AND session.db = DATABASE()`,
      )) as [{ waiting: number }[]];
      return Number(rows[0]?.waiting) >= count;
    },
    { withinMs: 30_000, what },
  );
}

describe('a group', () => {
  test('takes as many statements as one request, whatever the number of its members', async () => {
    const counts: number[] = [];
    const count = (): unknown => (counts[0] = (counts[0] ?? 0) + 1);
    const marks = (query: { sql: string }): unknown => (query.sql.includes('dispatched_at') ? undefined : count());
    api.context.db.on('query', marks);
    try {
      for (const size of [1, 2, LIMITS.groupMax]) {
        const vms = await addVms(db, `size${size}`, size);
        counts.unshift(0);
        expect((await together(vms.map((id) => memberOf(id)))).map(codeOf)).toEqual(vms.map(() => 'accepted'));
      }
    } finally {
      api.context.db.off('query', marks);
    }
    expect(counts[0]).toBeGreaterThan(5);
    expect(new Set(counts).size).toBe(1);
  });

  test('is stored in the order in which its members came, and all of it is rung', async () => {
    await using queue = new QueueView(api.config.redis, 'replicate');
    const vms = (await addVms(db, 'one', 12)).toReversed();
    const outcomes = await together(vms.map((id) => memberOf(id)));

    expect(outcomes.map(codeOf)).toEqual(vms.map(() => 'accepted'));
    const jobs = await expectWhole(db);
    expect(jobs.map((job) => job.context_id)).toEqual(vms);
    const events = (await db('log_events').orderBy('id')) as { job_id: string; attrs: object }[];
    expect(events.map((event) => event.job_id)).toEqual(jobs.map((job) => job.id));
    expect(events[0]?.attrs).toEqual({
      epoch: 0,
      attempt: 0,
      context_id: vms[0],
      operation: 'replicate',
      queue: 'replicate',
      owner: 'tester',
    });
    for (const outcome of outcomes) if ('result' in outcome) await outcome.result.announced;
    expect(await queue.waitingJobIds()).toEqual(expect.arrayContaining(jobs.map((job) => job.id)));
    await until(async () => (await expectWhole(db)).every((job) => job.dispatch_state === 'dispatched'), {
      withinMs: 30_000,
      what: 'the marks of what was rung',
    });
  });

  test('one refused among accepted touches nobody else, and leaves nothing', async () => {
    const vms = await addVms(db, 'mixed', 6);
    const [moved = '', busy = '', bare = '', ...good] = vms;
    await db('vm_replication_contexts').where('context_id', moved).update({ current_status: 'completed' });
    await db('vm_replication_contexts').where('context_id', bare).update({ source_inventory: null });
    expect((await post(busy)).status).toBe(202);

    const asked = [moved, good[0] ?? '', busy, good[1] ?? '', bare, 'ctx-nobody', good[2] ?? ''];
    const elsewhere = memberOf(vms[0] ?? '', {
      contextId: 'ctx-mixed-5',
      body: StartReplication.parse({ context_id: 'ctx-mixed-5', ossea_config_id: config + 1000 }),
    });
    const outcomes = await together([...asked.slice(0, 6).map((id) => memberOf(id)), elsewhere]);

    expect(outcomes.map(codeOf)).toEqual([
      'replication.not-allowed',
      'accepted',
      'context.busy',
      'accepted',
      'replication.no-disks',
      'context.unknown',
      'ossea-config.missing',
    ]);
    const jobs = await expectWhole(db);
    expect(jobs.map((job) => job.context_id).sort()).toEqual([busy, good[0], good[1]].sort());
  });

  test('brings the news of each of its members, new disks among them, and keeps what jobs know of old ones', async () => {
    const [a = '', b = '', c = ''] = await addVms(db, 'news', 3);
    for (const id of [a, b, c]) await post(id);
    for (const { id } of await expectWhole(db)) await cancel(api.context.ledger, id, { reason: 'make room' });
    await db('vm_disks').update({ disk_change_id: 'aa/7', bytes_synced: 9, sync_status: 'completed' });
    const disk = { id: 'disk-2000', vmdk_path: '[ds] moved.vmdk', size_gb: 300 };
    const added = { id: 'disk-2002', vmdk_path: '[ds] added.vmdk', size_gb: 7 };
    const news = (name: string, cpus: number): Partial<Member> => ({
      body: StartReplication.parse({
        source_vm: sourceVm(name, { cpus, annotation: `${cpus} "x"`, disks: [disk, added] }),
      }),
    });

    const outcomes = await together([memberOf(a, news('news-0', 16)), memberOf(b), memberOf(c, news('news-2', 32))]);

    expect(outcomes.map(codeOf)).toEqual(['accepted', 'accepted', 'accepted']);
    const vms = await db('vm_replication_contexts').orderBy('context_id').select('cpu_count', 'total_jobs_run');
    expect(vms).toEqual([16, null, 32].map((cpu_count) => ({ cpu_count, total_jobs_run: 2 })));
    const disks = (await db('vm_disks').orderBy(['vm_context_id', 'disk_id'])) as Record<string, unknown>[];
    expect(
      disks.map((row) => [row['vm_context_id'], row['disk_id'], row['size_gb'], row['vmdk_path'], row['cpu_count']]),
    ).toEqual([
      [a, 'disk-2000', 300, '[ds] moved.vmdk', 16],
      [a, 'disk-2001', 1, '[ds] news-0/news-0_1.vmdk', 2],
      [a, 'disk-2002', 7, '[ds] added.vmdk', 16],
      [b, 'disk-2000', 102, '[ds] news-1/news-1.vmdk', 2],
      [b, 'disk-2001', 1, '[ds] news-1/news-1_1.vmdk', 2],
      [c, 'disk-2000', 300, '[ds] moved.vmdk', 32],
      [c, 'disk-2001', 1, '[ds] news-2/news-2_1.vmdk', 2],
      [c, 'disk-2002', 7, '[ds] added.vmdk', 32],
    ]);
    // A disk that the VM has no more stays with its last job; the others are to be copied anew, by what is known of them.
    const stale = disks.filter((row) => row['disk_id'] === 'disk-2001' && row['vm_context_id'] !== b);
    expect(stale.map((row) => row['sync_status'])).toEqual(['completed', 'completed']);
    const handed = disks.filter((row) => !stale.includes(row) && row['disk_id'] !== 'disk-2002');
    for (const row of handed) {
      expect(row).toMatchObject({ disk_change_id: 'aa/7', bytes_synced: 0, sync_status: 'pending' });
    }
  });

  test('with an inventory longer than a statement may be is stored all the same', async () => {
    const vms = await addVms(db, 'long', 3);
    const disks = Array.from({ length: 100 }, (_, n) => ({ id: `disk-${n}`, size_gb: 1, vmdk_path: 'x'.repeat(400) }));
    const networks = Array.from({ length: 30 }, () => ({ name: 'n'.repeat(250), network_name: 'm'.repeat(250) }));
    for (const [index, id] of vms.entries()) {
      const inventory = JSON.stringify(sourceVm(`long-${index}`, { disks, networks }));
      await db('vm_replication_contexts').where('context_id', id).update({ source_inventory: inventory });
    }
    expect((await together(vms.map((id) => memberOf(id)))).map(codeOf)).toEqual(vms.map(() => 'accepted'));
    expect(await db('vm_disks').count({ n: '*' })).toEqual([{ n: 300 }]);
  });
});

describe('a VM that somebody else holds', () => {
  test('delays its own request only, which is accepted as soon as it is free', async () => {
    const vms = await addVms(db, 'held', 6);
    const accept = patient();
    const holder = await holding(vms[2] ?? '');
    const held = accept(vms[2] ?? '');
    const others = await Promise.all(vms.filter((id) => id !== vms[2]).map(accept));

    expect(others).toEqual([202, 202, 202, 202, 202]);
    await untilWaiting(1, 'the request of the VM that is held');
    await holder.rollback();
    expect(await held).toBe(202);
    expect(await expectWhole(db)).toHaveLength(6);
  });

  test('by a job that is just being accepted elsewhere is busy once that is stored, and free when it is not', async () => {
    const [kept = '', dropped = ''] = await addVms(db, 'else', 2);
    const accept = patient();
    const insert = `INSERT INTO job_tracking (id, job_type, operation, job_category, queue, payload, context_id, active_context_id)
                    VALUES (?, 'cleanup', 'delete-job', 'replication', 'delete-job', '{}', ?, ?)`;
    const keeps = await somebody(insert, ['delete-1', kept, kept]);
    const drops = await somebody(insert, ['delete-2', dropped, dropped]);
    const answers = [accept(kept), accept(dropped)];
    await untilWaiting(2, 'both requests');
    await keeps.commit();
    await drops.rollback();

    expect(await Promise.all(answers)).toEqual(['context.busy', 202]);
  });

  test('more of them than may wait at a time still get their turn, and hold up nobody who need not wait', async () => {
    const vms = await addVms(db, 'crowd', LIMITS.waitersMax + 2);
    const accept = patient();
    const free = vms.pop() ?? '';
    const holders = await Promise.all(vms.map(holding));
    const waiting = vms.map(accept);
    await untilWaiting(LIMITS.waitersMax, 'as many as may wait');
    expect(await accept(free)).toBe(202);
    for (const holder of holders) await holder.rollback();
    expect(await Promise.all(waiting)).toEqual(vms.map(() => 202));
  });
});

describe('an error in a group', () => {
  test('that one member causes is its own: the others are accepted, each once', async () => {
    const vms = await addVms(db, 'bad', 5);
    await db.raw(`CREATE TRIGGER bad_vm BEFORE INSERT ON replication_jobs FOR EACH ROW
                  IF NEW.source_vm_name = 'bad-3' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'spoiled'; END IF`);
    try {
      expect((await together(vms.map((id) => memberOf(id)))).map(codeOf)).toEqual(vms.map(() => 'alone'));
      expect(await expectWhole(db)).toEqual([]);

      const groups = openGroups(api.context.ledger, PATIENT);
      const ended = await Promise.allSettled(vms.map((id) => groups.enter(memberOf(id))));
      expect(ended.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect(ended[3]).toMatchObject({ reason: { code: 'db.failed', details: { text: 'spoiled' } } });
      expect(await expectWhole(db)).toHaveLength(4);
    } finally {
      await db.raw('DROP TRIGGER bad_vm');
    }
  });

  test('that is a deadlock costs nobody anything', async () => {
    const vms = await addVms(db, 'knot', 4);
    // Heavier than the group, so that the database gives the group up.
    const heavy = await holdingTarget();
    await heavy('log_events').insert(Array.from({ length: 3_000 }, () => ({ level: 'INFO', message: 'weight' })));
    const groups = openGroups(api.context.ledger, PATIENT);
    const first = groups.enter(memberOf(vms[0] ?? ''));
    const others = vms.slice(1).map((id) => groups.enter(memberOf(id)));
    await untilWaiting(1, 'the first member');
    await heavy.raw('SELECT 1 FROM vm_replication_contexts WHERE context_id = ? FOR UPDATE', [vms[0] ?? '']);
    await heavy.rollback();

    const ended = await Promise.allSettled([first, ...others]);
    expect(ended.map((one) => (one.status === 'rejected' ? (one.reason as unknown) : 'accepted'))).toEqual(
      vms.map(() => 'accepted'),
    );
    expect(await expectWhole(db)).toHaveLength(4);
  });

  test('that is an answer under the same key from elsewhere refuses that member only', async () => {
    const vms = await addVms(db, 'key', 3);
    const key = { actor: 'tester', key: 'k', requestHash: 'a'.repeat(64) };
    await db('idempotency_keys').insert({
      actor: 'tester',
      idempotency_key: 'k',
      request_hash: 'b'.repeat(64),
      status_code: 202,
      response: '{}',
    });
    const groups = openGroups(api.context.ledger, PATIENT);
    const members = vms.map((id, index) => memberOf(id, index === 1 ? { key } : {}));
    // The first is a group by itself; what matters is the one behind it.
    const ended = await Promise.allSettled(members.map((member) => groups.enter(member)));

    expect(ended).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'idempotency.answered' } },
      { status: 'fulfilled' },
    ]);
    await db('idempotency_keys').delete();
    expect(await expectWhole(db)).toHaveLength(2);
  });
});

describe('Idempotency-Key in a crowd', () => {
  test('copies of one request among others make one job and get one answer', async () => {
    const vms = await addVms(db, 'same', 10);
    const [first = ''] = vms;
    const replies = await Promise.all([
      ...vms.map((id) => post(id, { 'idempotency-key': `key-${id}` })),
      ...vms.map(() => post(first, { 'idempotency-key': `key-${first}` })),
    ]);

    expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 202));
    const copies = [replies[0], ...replies.slice(10)];
    expect(new Set(copies.map((reply) => reply?.body['job_id'])).size).toBe(1);
    expect(await expectWhole(db)).toHaveLength(10);
    expect(await db('idempotency_keys').count({ n: '*' })).toEqual([{ n: 10 }]);
  });

  test('one key for two VMs at once is answered for one of them and refused for the other', async () => {
    const [a = '', b = ''] = await addVms(db, 'two', 2);
    const replies = await Promise.all([a, b].map((id) => post(id, { 'idempotency-key': 'shared' })));

    expect(replies.map((reply) => reply.status).sort()).toEqual([202, 422]);
    expect(replies.find((reply) => reply.status === 422)?.body['code']).toBe('idempotency.key-reused');
    expect(await expectWhole(db)).toHaveLength(1);
  });
});

describe('more than there is room for', () => {
  test('is refused with 503 and when to come again; who has entered is accepted, or told that it was not begun', async () => {
    const vms = await addVms(db, 'much', LIMITS.membersMax + 1);
    const target = await holdingTarget();
    const entered = vms.slice(0, LIMITS.membersMax).map((id) => post(id));
    const last = vms.at(-1) ?? '';
    const refused = await until(
      async () => {
        const reply = await within(500, post(last));
        return reply?.body['code'] === 'replication.overloaded' ? reply : undefined;
      },
      { withinMs: 30_000, what: 'a refusal' },
    ).finally(() => target.rollback());

    expect(refused).toMatchObject({ status: 503, body: { hint: expect.any(String) } });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    const replies = await Promise.all(entered);
    const accepted = replies.filter((reply) => reply.status === 202).map((reply) => reply.body['job_id']);
    expect(accepted.length).toBeGreaterThan(0);
    expect((await expectWhole(db)).map((job) => job.id)).toEqual(expect.arrayContaining(accepted));
  });
});

describe('a database that goes away', () => {
  test('in the middle of a group is told to each member in time, nothing is half stored, and then all goes on', async () => {
    const vms = await addVms(db, 'away', 8);
    const target = await holdingTarget();
    const replies = vms.map((id) => post(id));
    await untilWaiting(2, 'the groups');
    await wire.cut();
    try {
      const said = await Promise.all(replies);
      expect(said.map(({ status, body }) => [status, body['code']])).toEqual(vms.map(() => [503, 'db.unreachable']));
    } finally {
      await target.rollback();
      await wire.mend();
    }
    expect(await expectWhole(db)).toEqual([]);
    const again = await Promise.all(vms.map((id) => post(id)));
    expect(again.map((reply) => reply.status)).toEqual(vms.map(() => 202));
    expect(await expectWhole(db)).toHaveLength(8);
  });
});

test('an acceptor that is closed first finishes what has entered', async () => {
  const vms = await addVms(db, 'end', 8);
  const acceptor = new ReplicationAcceptor(api.context.ledger);
  const answers = vms.map((id) => acceptor.accept(memberOf(id)));
  await acceptor.close();

  expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual(vms.map(() => 202));
  expect(await expectWhole(db)).toHaveLength(8);
});
