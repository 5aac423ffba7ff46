import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RedisConfig } from '../../../src/config/config.ts';
import { startRedis, type EmbeddedRedis } from '../../../src/lab/embedded/redis.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { expectJob } from '../../support/job-story.ts';
import { LedgerLab, PATIENCE_MS } from '../../support/ledger-lab.ts';
import { makeServerFolder } from '../../support/server-folder.ts';
import { until } from '../../support/until.ts';

// A Redis of its own, because these tests stop and empty it.
let dir: string;
let server: EmbeddedRedis;
let config: RedisConfig;

beforeAll(async () => {
  dir = makeServerFolder('mk-redis-');
  server = await startRedis({ dir });
  config = { url: server.url, prefix: 'away' };
});
afterAll(async () => {
  await server.kill9();
  rmSync(dir, { recursive: true, force: true });
});

async function flushAll(): Promise<void> {
  const client = new Redis(config.url.reveal());
  await client.flushall();
  client.disconnect();
}

const longAway = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a Redis that is emptied or away', () => {
  test('FLUSHALL loses neither the running job nor the queued ones', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    const running = [];
    for (let n = 0; n < 4; n += 1) running.push(await lab.submit({ do: 'wait', gate: 'go' }));
    for (const id of running) await lab.untilNoted(id, 'at go');
    // Every slot of the worker is taken, so these have messages in Redis and nobody to take them.
    const queued = [];
    for (let n = 0; n < 3; n += 1) queued.push(await lab.submit({ do: 'write', message: 'queued' }));
    for (const id of queued) await lab.untilJob(id, (job) => job.dispatchState === 'dispatched');
    await flushAll();
    lab.open('go');

    for (const id of [...running, ...queued]) {
      await expectJob(lab.db, await lab.untilEnded(id), { status: 'completed', attempt: 1 });
    }
    for (const id of queued) expect(await lab.written(id)).toHaveLength(2);
  });

  test('a job is accepted while Redis is down, and runs when it is back', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    await server.kill9();
    const before = performance.now();
    const jobId = await lab.submit({ do: 'write', message: 'accepted' });
    // The doorbell gets half a second; a busy machine may need more, but nobody waits for Redis.
    expect(performance.now() - before).toBeLessThan(PATIENCE_MS);
    expect(await lab.job(jobId)).toMatchObject({ status: 'pending', dispatchState: 'queued' });
    await server.restart();

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 1 });
  });

  test('idle workers take jobs again unaided after Redis was away for 20 seconds', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    const first = await lab.submit({ do: 'write', message: 'before' });
    await lab.untilEnded(first);
    await server.kill9();
    // The length of the absence is what is tested: BullMQ has lost workers for ever after more than six seconds.
    await longAway(20_000);
    await server.restart();
    const jobId = await lab.submit({ do: 'write', message: 'after' });

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 1 });
  });

  test('a worker that starts before Redis does takes jobs when it is there', async () => {
    await server.kill9();
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    const jobId = await lab.submit({ do: 'write', message: 'early' });
    await lab.untilWorkerLogs('redis is away');
    await server.restart();

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 1 });
  });

  test('a job that is cancelled while Redis is away undoes what it did and ends, and runs no more', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    const steps = [{ name: 'one' }, { name: 'two', gate: 'never' }];
    const jobId = await lab.submit({ do: 'workflow', steps });
    await lab.untilNoted(jobId, 'run two');
    await server.kill9();
    await cancel(lab.ledger, jobId, { reason: 'no longer wanted' });

    const job = await lab.untilEnded(jobId);
    await expectJob(lab.db, job, { status: 'cancelled', errorMessage: 'no longer wanted', leaseEpoch: 1, attempt: 1 });
    await server.restart();
    const next = await lab.submit({ do: 'write', message: 'next' });
    await lab.untilEnded(next);
    const effects = lab.journal(jobId).map((entry) => entry.what);
    expect(effects.filter((what) => what.startsWith('undo'))).toEqual(['undo two', 'undo one']);
  });

  test('a job that never ran is cancelled at once while Redis is away', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await server.kill9();
    const jobId = await lab.submit({ do: 'write', message: 'never' });
    await cancel(lab.ledger, jobId, { reason: 'no longer wanted' });

    expect(await lab.job(jobId)).toMatchObject({ status: 'cancelled', dispatchState: 'closed' });
    await server.restart();
  });

  test('a job that runs while Redis is away completes in the database at once', async () => {
    await using lab = await LedgerLab.open({ redis: config });
    await lab.worker();
    const jobId = await lab.submit({ do: 'wait', gate: 'go' }, { do: 'write', message: 'effect' });
    await lab.untilNoted(jobId, 'at go');
    await server.kill9();
    lab.open('go');

    await expectJob(lab.db, await lab.untilEnded(jobId), { status: 'completed', attempt: 1 });
    await server.restart();
    // The message may come back from BullMQ: it must not run the job again.
    const next = await lab.submit({ do: 'write', message: 'next' });
    await lab.untilEnded(next);
    await until(() => lab.ledger.doorbell.isReady(), { withinMs: PATIENCE_MS, what: 'redis' });
    expect(await lab.written(jobId)).toEqual(['effect 1', 'settled completed']);
  });
});
