import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { logEventsOfJob, type LogEventRecord } from '../../../src/db/stores/log-event-store.ts';
import { replicationWorkflow } from '../../../src/processors/replicate/index.ts';
import { ReplicatedVm } from '../../support/replicated-vm.ts';
import { openReplicationStand, type ReplicationStand } from '../../support/replication-stand.ts';

jest.setTimeout(180_000);
let stand: ReplicationStand;
beforeAll(async () => {
  stand = await openReplicationStand();
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
});

/** A first copy is written to the volumes: there is nothing to merge. */
const STEPS = replicationWorkflow.steps.map((step) => step.name).filter((name) => name !== 'merge-overlays');

function eventsOf(jobId: string): Promise<LogEventRecord[]> {
  return logEventsOfJob(stand.db, { jobId, afterId: 0, limit: 1_000 });
}

const stepsThat = (events: readonly LogEventRecord[], message: string): unknown[] =>
  events.filter((event) => event.message === message).map((event) => event.attrs?.['step']);

function expectNoneTwice(events: readonly LogEventRecord[]): void {
  const told = events
    .filter((event) => /^(step|job) (begun|done|skipped|claimed|completed|accepted)$/.test(event.message))
    .map(({ message, attrs }) => JSON.stringify([message, attrs?.['epoch'], attrs?.['step'], attrs?.['runs']]));
  expect(told).toEqual([...new Set(told)]);
}

test('the log of a replication tells its life in order, with what its worker and the daemon said in between', async () => {
  const vm = await ReplicatedVm.make(stand);
  const jobId = await vm.submit();
  await stand.withWorker(() => stand.ended(jobId));
  const events = await eventsOf(jobId);

  expect(events[0]).toMatchObject({ message: 'job accepted', attrs: { queue: 'replicate', owner: 'tester' } });
  expect(events.at(-1)).toMatchObject({ level: 'INFO', message: 'job completed' });
  expect(events.filter((event) => event.message === 'job completed')).toHaveLength(1);
  expect(stepsThat(events, 'step done')).toEqual(STEPS);
  expectNoneTwice(events);
  const places = events.map((event) => event.message);
  const transferBegun = events.findIndex(
    (event) => event.message === 'step begun' && event.attrs?.['step'] === 'transfer',
  );
  const transferDone = events.findIndex(
    (event) => event.message === 'step done' && event.attrs?.['step'] === 'transfer',
  );
  const between = places.slice(transferBegun, transferDone);
  expect(between.filter((message) => message === 'disk copied and flushed')).toHaveLength(2);
  expect(between).toContain('export opened');
  const claims = events.filter((event) => event.message === 'job claimed').map((event) => event.attrs);
  expect(claims.map((attrs) => attrs?.['epoch'])).toEqual(claims.map((_, index) => index + 1));
  for (const attrs of claims)
    expect(attrs).toMatchObject({ context_id: expect.any(String), worker: expect.any(String) });
});

test('a worker that is killed loses no event of the life of its job, and doubles none', async () => {
  const vm = await ReplicatedVm.make(stand);
  const jobId = await vm.submit();
  await using doomed = stand.spawnWorker({ death: { step: 'transfer', at: 'begin' } });
  expect(await doomed.died).toBe('SIGKILL');
  await stand.withWorker(() => stand.ended(jobId));
  const events = await eventsOf(jobId);

  expect(stepsThat(events, 'step done')).toEqual(STEPS);
  expect(stepsThat(events, 'step begun').filter((step) => step === 'transfer')).toHaveLength(2);
  expect(events.filter((event) => event.message === 'worker lost, job queued again')).toMatchObject([
    { level: 'WARN' },
  ]);
  expectNoneTwice(events);
  expect(events.at(-1)).toMatchObject({ message: 'job completed', attrs: { attempt: 2 } });
});
