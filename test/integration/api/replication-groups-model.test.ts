import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { acceptTogether, type Accepted, type Member } from '../../../src/api/replications/accept-together.ts';
import { LIMITS, openGroups } from '../../../src/api/replications/accept.ts';
import type { Outcome } from '../../../src/api/replications/groups.ts';
import { StartReplication } from '../../../src/api/schemas/replications.ts';
import { toAppError } from '../../../src/base/errors.ts';
import type { Knex } from '../../../src/db/knex.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { addVms, expectWhole, memberOf } from '../../support/accepting.ts';
import { addTarget, sourceVm, startTestApi, type TestApi } from '../../support/api.ts';

// The model of a group is its members one by one: whatever is asked, in whatever mix, answers and rows are the same.

let single: TestApi;
let grouped: TestApi;
beforeAll(async () => {
  [single, grouped] = await Promise.all([startTestApi(), startTestApi()]);
});
afterAll(async () => {
  await Promise.all([single[Symbol.asyncDispose](), grouped[Symbol.asyncDispose]()]);
});

const VMS = 6;
const STATUSES = ['discovered', 'failed', 'ready_for_failover', 'failed_over_test', 'cleanup_required'] as const;

const world = fc.record({
  statuses: fc.array(fc.constantFrom(...STATUSES), { minLength: VMS, maxLength: VMS }),
  /** Replicated before, with the changeId and the volume that this left. */
  replicated: fc.array(fc.boolean(), { minLength: VMS, maxLength: VMS }),
  bare: fc.array(fc.boolean(), { minLength: VMS, maxLength: VMS }),
  targets: fc.constantFrom('complete', 'complete', 'incomplete', 'none'),
});
const asked = fc.record({
  /** One more than there are. */
  vm: fc.integer({ min: 0, max: VMS }),
  target: fc.constantFrom(undefined, undefined, 1, 999),
  network: fc.option(fc.constantFrom('net-1', 'nét "2"', '?'), { nil: undefined }),
  full: fc.boolean(),
  news: fc.constantFrom(undefined, undefined, 'more', 'fewer', 'none'),
  key: fc.constantFrom(undefined, 'key-1', 'key-2', 'key-3'),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

const DISKS = {
  more: [2000, 2001, 2002],
  fewer: [2000],
  none: [],
};

function memberFor({ vm, target, network, full, news, key }: Asked, index: number): Member {
  const contextId = `ctx-model-${vm}`;
  const disks = (news === undefined ? [] : DISKS[news]).map((n) => ({ id: `disk-${n}`, size_gb: n - 1990 }));
  const which = news === undefined ? { context_id: contextId } : { source_vm: sourceVm(`model-${vm}`, { disks }) };
  const body = StartReplication.parse({
    ...which,
    ossea_config_id: target,
    target_network: network,
    ...(full ? { replication_type: 'initial' } : {}),
  });
  const requestHash = String(index).padStart(64, '0');
  return memberOf(contextId, {
    body,
    requestId: `request-${index}`,
    key: key === undefined ? undefined : { actor: 'tester', key, requestHash },
  });
}

async function set(api: TestApi, of: World): Promise<void> {
  const { db } = api;
  for (const table of ['vm_replication_contexts', 'ossea_volumes', 'job_tracking', 'log_events', 'idempotency_keys']) {
    await db(table).delete();
  }
  await db('ossea_configs').delete();
  const config = await addTarget(db);
  const ids = await addVms(db, 'model', VMS);
  const before = ids.filter((_, index) => of.replicated[index] === true);
  if (before.length > 0)
    await acceptTogether(
      api.context.ledger,
      before.map((id) => memberOf(id)),
      { waits: true },
    );
  for (const { id } of await expectWhole(db)) await cancel(api.context.ledger, id, { reason: 'before' });
  for (const [index, id] of before.entries()) {
    await db('ossea_volumes').insert({ id: index + 1, volume_id: id, name: id, size_gb: 1, vm_context_id: id });
    await db('vm_disks')
      .where({ vm_context_id: id })
      .update({ disk_change_id: 'aa/7', ossea_volume_id: index + 1 });
  }
  for (const [index, id] of ids.entries()) {
    const inventory = of.bare[index] === true ? { source_inventory: null } : {};
    await db('vm_replication_contexts')
      .where('context_id', id)
      .update({ current_status: of.statuses[index], ...inventory });
  }
  await db('ossea_configs')
    .where('id', config)
    .update({
      is_active: of.targets !== 'none',
      disk_offering_id: of.targets === 'incomplete' ? null : 'offering-1',
    });
}

type Ended = PromiseSettledResult<Accepted>;

/** What a client sees. */
function seen(ended: Ended): unknown {
  if (ended.status === 'fulfilled') return ended.value.answer;
  const { kind, code, message, hint, details } = toAppError(ended.reason);
  return { kind, code, message, hint, details: { ...details, osseaConfigId: undefined, bound: undefined } };
}

/** All rows, without what differs between two databases: numbers that they give out, times, and how far Redis is. */
async function rows(db: Knex): Promise<unknown> {
  const leave = new Set(['id', 'job_id', 'ts', 'not_before', 'ossea_config_id', 'ossea_volume_id', 'dispatch_state']);
  const tables = {
    job_tracking: ['context_id', 'id'],
    replication_jobs: ['vm_context_id', 'id'],
    vm_disks: ['vm_context_id', 'disk_id'],
    vm_replication_contexts: ['context_id'],
    idempotency_keys: ['idempotency_key'],
    log_events: ['id'],
  };
  const all: Record<string, unknown> = {};
  for (const [table, order] of Object.entries(tables)) {
    const found = (await db(table).orderBy(order)) as Record<string, unknown>[];
    const kept = found.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !leave.has(name) && !/_(at|change)$/.test(name))),
    );
    // Who shares a key with another waits, and is passed by who does not.
    all[table] = table === 'log_events' ? kept.map((row) => JSON.stringify(row)).sort() : kept;
  }
  return all;
}

/** Ids of jobs become the name of their VM, and times a word. */
async function comparable(api: TestApi, ended: readonly Ended[]): Promise<unknown> {
  const jobs = (await api.db('job_tracking').orderBy('id')) as { id: string; context_id: string }[];
  const disks = (await api.db('vm_disks').orderBy(['vm_context_id', 'disk_id'])) as { job_id: string }[];
  let text = JSON.stringify({
    answers: ended.map(seen),
    rows: await rows(api.db),
    jobOfDisk: disks.map((disk) => disk.job_id),
  });
  for (const [index, { id, context_id: vm }] of jobs.entries()) {
    const nth = jobs.slice(0, index).filter((job) => job.context_id === vm).length;
    text = text.replaceAll(id, `job ${nth} of ${vm}`);
  }
  text = text.replaceAll(/"duration_seconds":\d+/g, '"duration_seconds":0');
  return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time')) as unknown;
}

test('requests that are accepted in groups leave the same answers and rows as one by one', async () => {
  let together = 0;
  await fc.assert(
    fc.asyncProperty(world, fc.array(asked, { minLength: 1, maxLength: 12 }), async (of, requests) => {
      const members = requests.map(memberFor);
      await Promise.all([set(single, of), set(grouped, of)]);

      const alone: Ended[] = [];
      for (const member of members) {
        const [outcome] = await acceptTogether(single.context.ledger, [member], { waits: true });
        alone.push(endedOf(outcome));
      }
      const groups = openGroups(grouped.context.ledger, { ...LIMITS, beginMs: 60_000 });
      const crowd = await Promise.allSettled(members.map((member) => groups.enter(member)));
      together += crowd.filter((one) => one.status === 'fulfilled').length;

      expect(await comparable(grouped, crowd)).toEqual(await comparable(single, alone));
      await expectWholeAfter(grouped.db);
    }),
    { numRuns: 25 },
  );
  expect(together).toBeGreaterThan(0);
}, 300_000);

function endedOf(outcome: Outcome<Accepted> | undefined): Ended {
  if (outcome !== undefined && 'result' in outcome) return { status: 'fulfilled', value: outcome.result };
  const reason: unknown = outcome !== undefined && 'error' in outcome ? outcome.error : new Error('no outcome');
  return { status: 'rejected', reason };
}

/** Jobs that are over have no current VM; the others must be whole. */
async function expectWholeAfter(db: Knex): Promise<void> {
  const active = (await db('job_tracking').whereNotNull('active_context_id')) as { id: string }[];
  const domain = (await db('replication_jobs').where('status', 'pending')) as { id: string }[];
  expect(domain.map((row) => row.id).sort()).toEqual(active.map((row) => row.id).sort());
}
