import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { precondition, upstream } from '../../../src/base/errors.ts';
import { queueLog, setLogLevel } from '../../../src/base/logger.ts';
import type { Knex } from '../../../src/db/knex.ts';
import { findJob } from '../../../src/db/stores/job-rows.ts';
import { bindJob, catalogueOf, entryOf } from '../../../src/queues/catalogue.ts';
import { defineJob, type JobRun } from '../../../src/queues/define-job.ts';
import { LeaseKeeper } from '../../../src/queues/lease.ts';
import { openLedger } from '../../../src/queues/ledger.ts';
import { submit } from '../../../src/queues/submit.ts';
import { Taker } from '../../../src/queues/take.ts';
import { errorOf } from '../../../src/workflow/undo.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { TEST_TIMING } from '../../support/ledger-lab.ts';
import { testRedis } from '../../support/redis.ts';

const Empty = z.record(z.string(), z.unknown());

const contract = defineJob({
  name: 'turning',
  queue: 'maintenance',
  jobType: 'scheduler',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: Empty,
  result: Empty,
  maxAttempts: 3,
  stopsWithinMs: 1_000,
  title: () => 'turning',
});

let database: TestDatabase;

beforeAll(async () => {
  setLogLevel('silent');
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** The database, whose next COMMIT after `arm` is stored and whose answer is lost. */
function forgetful(knex: Knex): { db: Knex; arm: () => void } {
  let isArmed = false;
  const transaction = async <T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> => {
    const loses = isArmed;
    isArmed = false;
    const result = await knex.transaction(work);
    if (loses) throw upstream('db.commit-unknown', 'the answer is lost');
    return result;
  };
  const db = new Proxy(knex, {
    get: (target, property) =>
      property === 'transaction' ? transaction : (Reflect.get(target, property, target) as unknown),
  });
  return {
    db,
    arm: () => {
      isArmed = true;
    },
  };
}

test('a job turns back once, and undoes, although the answer to that write is lost', async () => {
  const { db, arm } = forgetful(database.knex);
  await using ledger = openLedger({
    db,
    redis: testRedis(),
    ledger: TEST_TIMING,
    catalogue: catalogueOf(entryOf(contract)),
  });
  const keeper = new LeaseKeeper({ db: database.knex, timing: TEST_TIMING, log: queueLog });
  const did: string[] = [];
  const work = async (run: JobRun<z.output<typeof Empty>>): Promise<z.output<typeof Empty>> => {
    const { workflow } = await run.steps.load();
    did.push(workflow.direction);
    if (workflow.direction === 'undo') {
      await run.steps.undone('effect');
      throw errorOf(workflow.reason);
    }
    await run.steps.begin('effect');
    arm();
    throw precondition('test.broken', 'it will never work', { hint: 'mend it' });
  };
  const taker = new Taker({ ledger, jobs: [bindJob(contract, work)], keeper, workerName: 'test' });
  const { jobId } = await submit(ledger, { contract, payload: {} });
  await expect(taker.take({ jobId, generation: 1 })).rejects.toThrow('it will never work');
  await keeper.close();

  expect(did).toEqual(['forward', 'undo']);
  expect(await findJob(database.knex, jobId)).toMatchObject({
    status: 'failed',
    errorCode: 'test.broken',
    errorHint: 'mend it',
    direction: 'undo',
    attempt: 1,
  });
});
