import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancel } from '../../../src/queues/cancel.ts';
import { bindJob, catalogue, contracts } from '../../../src/queues/catalogue.ts';
import type { ReplicationResult } from '../../../src/queues/jobs/replicate.ts';
import { openLedger } from '../../../src/queues/ledger.ts';
import { relayOnce } from '../../../src/queues/relay.ts';
import { startWorkers } from '../../../src/queues/work.ts';
import { addVms, expectWhole } from '../../support/accepting.ts';
import {
  NoAnswer,
  startApiProcesses,
  type ApiProcess,
  type ApiProcesses,
  type Posted,
} from '../../support/api-processes.ts';
import { addTarget } from '../../support/api.ts';
import { until } from '../../support/until.ts';

// Two processes of the API, which know nothing of each other, and workers on the same rows.

let stand: ApiProcesses;
beforeAll(async () => {
  stand = await startApiProcesses(2);
  await addTarget(stand.db);
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

const CLIENTS_PER_API = 12;
const PATIENCE_MS = 60_000;

const told = ({ status, body }: Posted): string =>
  'code' in body ? `${status} ${String(body['code'])}` : String(status);

/** Takes one request after the other, with several clients of each API, until there is none. */
async function crowd(
  requests: readonly string[],
  ask: (api: ApiProcess, contextId: string) => Promise<void>,
): Promise<void> {
  const waiting = requests.values();
  const clients = stand.apis.flatMap((api) =>
    Array.from({ length: CLIENTS_PER_API }, async () => {
      for (const contextId of waiting) await ask(api, contextId);
    }),
  );
  await Promise.all(clients);
}

test('two processes, workers and cancels at once: a request is accepted or the VM is busy, nothing else, and no job is lost', async () => {
  const { db, config } = stand;
  const vms = await addVms(db, 'busy', 40);
  const result: ReplicationResult = { type: 'initial', bytesTransferred: 0, disks: [] };
  const { replicate, 'sync-cbt': syncCbt } = contracts;
  await using workers = startWorkers({
    db,
    redis: config.redis,
    ledger: config.ledger,
    catalogue,
    worker: { name: 'crowd', concurrency: 8, shutdownMs: 5_000 },
    jobs: [replicate, syncCbt].map((contract) => bindJob(contract, () => Promise.resolve(result))),
  });
  const answers = new Map<string, number>();
  const accepted: string[] = [];
  // Each VM again and again, neighbours in the keys of the tables at the same time.
  const requests = Array.from({ length: 15 }, () => vms).flat();
  await crowd(requests, async (api, contextId) => {
    const reply = await api.post('/replications', { context_id: contextId });
    answers.set(told(reply), (answers.get(told(reply)) ?? 0) + 1);
    if (reply.status !== 202) return;
    const jobId = String(reply.body['job_id']);
    accepted.push(jobId);
    if (accepted.length % 3 === 0)
      await cancel(workers.ledger, jobId, { reason: 'changed my mind' }).catch(() => undefined);
  });

  expect([...answers.keys()].filter((answer) => !['202', '409 context.busy'].includes(answer))).toEqual([]);
  expect(accepted.length).toBeGreaterThan(vms.length);
  await until(async () => (await db('job_tracking').whereNot('dispatch_state', 'closed')).length === 0, {
    withinMs: PATIENCE_MS,
    what: 'the end of all jobs',
  });
  const jobs = await expectWhole(db);
  expect(jobs.map((job) => job.id)).toEqual(accepted.toSorted());
}, 240_000);

test('a process that is killed under load has lost nothing that it answered, and left nothing half done', async () => {
  const { db, config } = stand;
  for (const table of ['vm_replication_contexts', 'job_tracking', 'log_events']) await db(table).delete();
  const vms = await addVms(db, 'kill', 300);
  const [doomed] = stand.apis;
  const answered = new Map<string, string>();
  const unanswered: string[] = [];
  const ask = async (api: ApiProcess, contextId: string): Promise<void> => {
    const reply = await api.post('/replications', { context_id: contextId }, { 'idempotency-key': `key-${contextId}` });
    expect(told(reply)).toBe('202');
    answered.set(contextId, String(reply.body['job_id']));
  };
  let killing: Promise<void> | undefined;
  await crowd(vms, async (api, contextId) => {
    try {
      await ask(api, contextId);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      unanswered.push(contextId);
    }
    if (answered.size >= 100) killing ??= doomed?.kill9();
  });
  await killing;

  const jobs = await expectWhole(db);
  const jobOf = new Map(jobs.map((job) => [job.context_id, job.id]));
  for (const [contextId, jobId] of answered) expect(jobOf.get(contextId)).toBe(jobId);
  expect(unanswered.length).toBeGreaterThan(0);
  expect(await db('idempotency_keys').count({ n: '*' })).toEqual([{ n: jobs.length }]);

  // Whoever got no answer asks again, another process, under the same key.
  const [, survivor] = stand.apis;
  for (const contextId of unanswered) await ask(survivor ?? neverUsed(), contextId);
  const all = await expectWhole(db);
  expect(all).toHaveLength(vms.length);
  for (const { id, context_id: contextId } of jobs) expect(answered.get(contextId)).toBe(id);

  await using ledger = openLedger({ db, redis: config.redis, ledger: config.ledger, catalogue });
  await until(
    async () => {
      await relayOnce(ledger);
      return (await db('job_tracking').where('dispatch_state', 'queued')).length === 0;
    },
    { withinMs: PATIENCE_MS, what: 'every job to be sent' },
  );
}, 240_000);

function neverUsed(): never {
  throw new Error('there are two processes');
}
