import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { AppError, toAppError, type Retry } from '../../../src/base/errors.ts';
import { queueLog, setLogLevel } from '../../../src/base/logger.ts';
import type { Knex } from '../../../src/db/knex.ts';
import { select } from '../../../src/db/sql.ts';
import { findJob, type JobRecord } from '../../../src/db/stores/job-rows.ts';
import { undoableSteps } from '../../../src/db/stores/job-settle.ts';
import { cancel } from '../../../src/queues/cancel.ts';
import { bindJob, catalogueOf, entryOf } from '../../../src/queues/catalogue.ts';
import { defineJob, type JobRun } from '../../../src/queues/define-job.ts';
import { LeaseKeeper } from '../../../src/queues/lease.ts';
import { openLedger, type Ledger } from '../../../src/queues/ledger.ts';
import { Reconciler } from '../../../src/queues/reconcile.ts';
import { submit } from '../../../src/queues/submit.ts';
import { Taker } from '../../../src/queues/take.ts';
import { errorOf } from '../../../src/workflow/undo.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { TEST_TIMING } from '../../support/ledger-lab.ts';
import { testRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

// Random lives of jobs on the real database: messages in any order and number, workers that die, hang and come back as
// zombies, cancels at any moment. After every step the invariants of the ledger are looked at, in the rows.

const Empty = z.record(z.string(), z.unknown());
type Empty = z.output<typeof Empty>;

const contract = defineJob({
  name: 'model',
  queue: 'maintenance',
  jobType: 'scheduler',
  jobCategory: 'system',
  idPrefix: 'maintenance',
  payload: Empty,
  result: Empty,
  maxAttempts: 3,
  stopsWithinMs: 1_000,
  title: () => 'model',
  rows: {
    settled: async (trx, jobId, outcome) => {
      await trx('job_execution_log').insert({ job_id: jobId, message: outcome.status, operation_phase: 'settled' });
    },
  },
});
const catalogue = catalogueOf(entryOf(contract));
/** Nothing happens by itself: every heartbeat, poll and round is a command. */
const timing = {
  ...TEST_TIMING,
  heartbeatMs: 3_600_000,
  cancelPollMs: 3_600_000,
  leaseMs: 3_600_000,
  trustMs: 3_000_000,
};

interface Running {
  readonly run: JobRun<Empty>;
  readonly end: (error?: AppError) => void;
}

class World {
  readonly ledger: Ledger;
  readonly #keeper: LeaseKeeper;
  readonly #taker: Taker;
  readonly running: Running[] = [];
  readonly #deliveries = new Set<Promise<unknown>>();
  readonly #seen = new Map<string, JobRecord>();
  readonly jobs: string[] = [];

  constructor(db: Knex) {
    this.ledger = openLedger({ db, redis: testRedis(), ledger: timing, catalogue });
    this.#keeper = new LeaseKeeper({ db, timing, log: queueLog });
    const jobs = [bindJob(contract, (run) => this.#work(run))];
    this.#taker = new Taker({ ledger: this.ledger, jobs, keeper: this.#keeper, workerName: 'model' });
  }

  /** One step with an effect, so that whoever fails or is cancelled has something to undo. */
  async #work(run: JobRun<Empty>): Promise<Empty> {
    const { workflow } = await run.steps.load();
    if (workflow.direction === 'forward') {
      await run.steps.begin('effect');
      return this.#untilTold(run);
    }
    await this.#untilTold(run);
    await run.steps.undone('effect');
    throw errorOf(workflow.reason);
  }

  #untilTold(run: JobRun<Empty>): Promise<Empty> {
    return new Promise((resolve, reject) => {
      const end = (error?: AppError): void => {
        const index = this.running.findIndex((entry) => entry.run === run);
        if (index >= 0) this.running.splice(index, 1);
        if (error === undefined) resolve({});
        else reject(error);
      };
      this.running.push({ run, end });
    });
  }

  /** Returns when the message was refused, or the job runs. */
  async deliver(jobId: string, generation: number): Promise<void> {
    let isDone = false;
    const before = this.running.length;
    const delivery = this.#taker.take({ jobId, generation }).catch(() => undefined);
    this.#deliveries.add(delivery);
    void delivery.finally(() => {
      isDone = true;
      this.#deliveries.delete(delivery);
    });
    await until(() => isDone || this.running.length > before, { withinMs: 60_000, what: 'a delivery' });
  }

  /** Returns when the claim is over, or goes on to undo. */
  async end(entry: Running, error?: AppError): Promise<void> {
    const [deliveries, running] = [this.#deliveries.size, this.running.length];
    entry.end(error);
    const isOver = (): boolean => this.#deliveries.size < deliveries || this.running.length >= running;
    await until(isOver, { withinMs: 60_000, what: 'an end' });
  }

  async check(): Promise<void> {
    for (const jobId of this.jobs) {
      const job = await findJob(this.ledger.db, jobId);
      if (job === undefined) throw new Error(`job ${jobId} is lost`);
      const before = this.#seen.get(jobId);
      expect(job.leaseEpoch).toBeGreaterThanOrEqual(before?.leaseEpoch ?? 0);
      expect(job.generation).toBeGreaterThanOrEqual(before?.generation ?? 0);
      expect(job.attempt).toBeLessThanOrEqual(job.maxAttempts);
      if (before?.dispatchState === 'closed')
        expect(job).toMatchObject({ status: before.status, dispatchState: 'closed' });
      const isOver = ['completed', 'failed', 'cancelled'].includes(job.status);
      expect(isOver).toBe(job.dispatchState === 'closed');
      const settled = await select<{ message: string }>(
        this.ledger.db,
        "SELECT message FROM job_execution_log WHERE job_id = ? AND operation_phase = 'settled'",
        [jobId],
      );
      expect(settled.map((row) => row.message)).toEqual(isOver ? [job.status] : []);
      await this.#checkUndone(job);
      this.#seen.set(jobId, job);
    }
  }

  /** Turning back is never reversed, and a job that ends on its way back has undone everything, or says that it has not. */
  async #checkUndone(job: JobRecord): Promise<void> {
    const before = this.#seen.get(job.id);
    if (before?.direction === 'undo') expect(job.direction).toBe('undo');
    if (job.dispatchState !== 'closed' || job.status === 'completed') return;
    const left = await undoableSteps(this.ledger.db, job.id);
    if (job.errorCode !== 'workflow.undo-incomplete') expect(left).toEqual([]);
  }

  async close(): Promise<void> {
    while (this.#deliveries.size > 0) {
      for (const entry of [...this.running]) entry.end();
      await Promise.race([...this.#deliveries, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    await this.#keeper.close();
    await this.ledger.close();
  }
}

const failure = (retry: Retry): AppError => new AppError('upstream', ['model.told', 'told to fail'], { retry });

/** Weights keep jobs running most of the time: what is dangerous happens to those. */
const Command = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('submit' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), job: fc.nat(), back: fc.constantFrom(0, 0, 0, 1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      how: fc.constantFrom<('ok' | Retry)[]>('ok', 'never', 'backoff', 'backoff', 'later'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('lose' as const), which: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('reconcile' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), job: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('time' as const) }) },
);
type Command = typeof Command extends fc.Arbitrary<infer T> ? T : never;

async function perform(world: World, command: Command): Promise<void> {
  const { db } = world.ledger;
  const entry = 'which' in command ? world.running[command.which % Math.max(1, world.running.length)] : undefined;
  switch (command.do) {
    case 'submit':
      world.jobs.push((await submit(world.ledger, { contract, payload: {} })).jobId);
      return;
    case 'deliver':
    case 'cancel':
      return ask(world, command, world.jobs[command.job % Math.max(1, world.jobs.length)]);
    case 'end':
      if (entry !== undefined) await world.end(entry, command.how === 'ok' ? undefined : failure(command.how));
      return;
    case 'write':
      for (const each of [...world.running]) await write(world, each);
      return;
    case 'lose':
      // The worker is cut off for longer than its lease, and does not know it.
      if (entry === undefined) return;
      await db('job_tracking')
        .where({ id: entry.run.jobId, lease_epoch: entry.run.epoch, dispatch_state: 'claimed' })
        .update({ lease_expires_at: db.raw('NOW(6) - INTERVAL 1 SECOND') });
      return;
    case 'reconcile':
      return new Reconciler(world.ledger).once();
    case 'time':
      await db('job_tracking').where({ dispatch_state: 'retry_wait' }).update({ dispatch_state: 'queued' });
  }
}

/** A message of this generation or the one before it, or a request to cancel. */
async function ask(
  world: World,
  command: { readonly do: 'deliver'; readonly back: number } | { readonly do: 'cancel' },
  jobId: string | undefined,
): Promise<void> {
  const job = jobId === undefined ? undefined : await findJob(world.ledger.db, jobId);
  if (job === undefined) return;
  if (command.do === 'deliver') return world.deliver(job.id, job.generation - command.back);
  await cancel(world.ledger, job.id, { reason: 'model' }).catch((error: unknown) => {
    if (toAppError(error).code !== 'job.terminal') throw error;
  });
}

/** I3: a write goes through exactly when its epoch is the job's newest, and its lease is alive. */
async function write(world: World, entry: Running): Promise<void> {
  const { db } = world.ledger;
  const [row] = await select<{ id: string }>(
    db,
    `SELECT id FROM job_tracking
      WHERE id = ? AND lease_epoch = ? AND dispatch_state = 'claimed' AND lease_expires_at > NOW(6)`,
    [entry.run.jobId, entry.run.epoch],
  );
  let isWritten = true;
  try {
    await entry.run.fenced((trx) => trx('job_tracking').where({ id: entry.run.jobId }).update({ percent_complete: 1 }));
  } catch (error) {
    expect(toAppError(error).code).toBe('job.lease-lost');
    isWritten = false;
  }
  expect(isWritten).toBe(row !== undefined);
}

/** I1: with working workers every job ends, whatever happened before. */
async function drain(world: World): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    for (const entry of [...world.running]) await world.end(entry);
    await perform(world, { do: 'time' });
    await new Reconciler(world.ledger).once();
    for (const jobId of world.jobs) {
      const job = await findJob(world.ledger.db, jobId);
      if (job !== undefined && job.dispatchState !== 'closed') await world.deliver(jobId, job.generation);
    }
  }
  for (const entry of [...world.running]) await world.end(entry);
  for (const jobId of world.jobs)
    expect(await findJob(world.ledger.db, jobId)).toMatchObject({ dispatchState: 'closed' });
}

let database: TestDatabase;

beforeAll(async () => {
  setLogLevel('silent');
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function live(commands: readonly Command[]): Promise<void> {
  const world = new World(database.knex);
  try {
    for (let n = 0; n < 3; n += 1) await perform(world, { do: 'submit' });
    for (const command of commands) {
      await perform(world, command);
      await world.check();
    }
    await drain(world);
    await world.check();
  } finally {
    await world.close();
  }
}

test('whatever happens to messages, workers and requests: epochs grow, old ones write nothing, every job ends once', async () => {
  let life = Promise.resolve();
  await fc.assert(
    fc.asyncProperty(fc.array(Command, { minLength: 25, maxLength: 60, size: 'max' }), (commands) => {
      life = live(commands);
      return life;
    }),
    { numRuns: 25, interruptAfterTimeLimit: 45_000 },
  );
  // The limit leaves a life in its middle; it is to end well, too.
  await life;
});
