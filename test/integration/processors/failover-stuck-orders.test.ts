import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { HOUR } from '../../../src/base/units.ts';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { expectBack, expectNextCycle, judgeFailed, judgeStanding, type Judged } from '../../support/failover-ends.ts';
import { liveFailover, placementOf, submitFailover } from '../../support/failovers.ts';
import { replicaIn, type ReplicaOfVsphere } from '../../support/failover-scenarios.ts';
import { expectJob, jobStory } from '../../support/job-story.ts';
import { LeapingClock } from '../../support/leaping-clock.ts';
import { Random } from '../../support/random.ts';
import { guestWrites, submitRollback } from '../../support/rollbacks.ts';
import { until } from '../../support/until.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * An order that CloudStack or vCenter takes and does not end within the time that it has: in a live failover, on its way
 * back and in its rollback. It ends when all is over, with its effect or without. However that goes: one VM that runs on
 * what was committed, or nothing changed, or what is left is named, and a clean-up ends it. Two orders by a seed;
 * FAILOVER_STUCK=30 takes that many, FAILOVER_STUCK=all each in turn,
 * FAILOVER_STUCK='{"phase":...}' one as it was printed, or, without its order, each of that kind; FAILOVER_STUCK_SEED=N is the seed. See CONTRIBUTING.md.
 */
const { FAILOVER_STUCK = '2' } = process.env;
const ALL = FAILOVER_STUCK === 'all';
const KIND = FAILOVER_STUCK.startsWith('{') ? (JSON.parse(FAILOVER_STUCK) as Omit<Stuck, 'order'>) : undefined;
const IS_LONG = process.env['FAILOVER_STUCK'] !== undefined;
const SEED = Number(process.env['FAILOVER_STUCK_SEED'] ?? 20_261_123);
jest.setTimeout(ALL || KIND !== undefined ? 14_400_000 : 300_000 + (Number(FAILOVER_STUCK) || 1) * 120_000);

/** Longer than any order is waited for. */
const LEAP_MS = 13 * HOUR;
/** Others that are under way when the clock leaps are given up, too: what is healthy has ended by then, mostly. */
const LEAP_EVERY_MS = 400;
/** What is disturbed: the failover; one whose VM does not start, so that it goes back; its rollback. */
const PHASES = ['failover', 'way back', 'rollback'] as const;
/** More than any of them has. */
const ORDERS_MAX = 40;

interface Stuck {
  readonly phase: (typeof PHASES)[number];
  readonly side: 'CloudStack' | 'vCenter';
  /** Counted from 1. */
  readonly order: number;
  /** How it ends when nobody waits for it any more. */
  readonly end: 'work' | 'failure';
}

const clock = new LeapingClock();
let lab: VsphereStand;
let replica: ReplicaOfVsphere;
let stopWorker = (): void => undefined;
let worker: Promise<void>;

beforeAll(async () => {
  const quick = { MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100', MIGRATEKIT_RETRY_MAX_MS: '200' };
  lab = await openVsphereStand(quick, {}, { clock });
  const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
  replica = await replicaIn(lab);
  worker = lab.stand.withWorker(() => stopped);
});
afterEach(() => {
  clearRules();
});
afterAll(async () => {
  stopWorker();
  await worker;
  await lab[Symbol.asyncDispose]();
});

const cannotStart = { command: 'startVirtualMachine', kind: 'error', errorCode: 531, errorText: 'injected' } as const;
const cloud = () => lab.stand.cloud.simulator;

function hold({ side, order }: Stuck): void {
  const after = order - 1;
  if (side === 'vCenter') lab.control.faults.add({ method: '*', kind: 'task-held', after });
  else cloud().faults.add({ command: '*', kind: 'job-held', after });
}

function clearRules(): void {
  lab.control.faults.clear();
  cloud().faults.clear();
}

const heldCount = (): number => lab.control.heldTasks + cloud().heldJobs();

/** The end of a job; time flies while an order is held. */
async function impatientlyEnded(jobId: string): Promise<JobRecord> {
  const leaps = setInterval(() => {
    if (heldCount() > 0) clock.leap(LEAP_MS);
  }, LEAP_EVERY_MS);
  try {
    return await lab.stand.ended(jobId);
  } finally {
    clearInterval(leaps);
  }
}

/** Nobody waits for it any more. */
async function endHeld(end: Stuck['end']): Promise<void> {
  clearRules();
  lab.control.releaseTasks();
  cloud().releaseJobs(end);
  const { world } = cloud();
  await until(() => world.jobs.every(({ status }) => status !== 0) && lab.control.isIdle(replica.vm.name), {
    withinMs: 60_000,
    what: 'the end of all orders',
  });
}

/** @returns whether an order was held; what was left is cleaned up, and the next cycle is right */
async function tried(stuck: Stuck): Promise<boolean> {
  const { contextId } = replica;
  if (stuck.phase === 'way back') cloud().faults.add({ ...cannotStart, times: 20 });
  if (stuck.phase !== 'rollback') hold(stuck);
  const power = { powerOffSource: true, performFinalSync: true };
  const failoverJobId = await submitFailover(lab.stand, contextId, liveFailover(lab.stand, power));
  const it: Judged = { ...replica, lab, failoverJobId };
  let lastJob = failoverJobId;
  try {
    const job = await impatientlyEnded(failoverJobId);
    let isMet = heldCount() > 0;
    await endHeld(stuck.end);
    if (job.status !== 'completed') {
      if ((await judgeFailed(it, job, true)) === 'undone') {
        await expectNextCycle(it);
        await expectBack(it);
        return isMet;
      }
    } else {
      await judgeStanding(it, 'poweredOff');
      await guestWrites(it.vm);
    }
    let kind: 'rollback' | 'cleanup-failed' = job.status === 'completed' ? 'rollback' : 'cleanup-failed';
    if (stuck.phase === 'rollback') {
      hold(stuck);
      lastJob = await submitRollback(lab.stand, { contextId, failoverJobId, powerOnSource: true });
      const back = await impatientlyEnded(lastJob);
      isMet = heldCount() > 0;
      await endHeld(stuck.end);
      if (back.status === 'completed') {
        await expectBack(it);
        return isMet;
      }
      if ((await placementOf(lab.stand, contextId)).context !== 'failed_over_live') {
        expect(await judgeFailed(it, back)).toBe('left');
        kind = 'cleanup-failed';
      }
    }
    lastJob = await submitRollback(lab.stand, { contextId, failoverJobId, kind, powerOnSource: true });
    await expectJob(lab.stand.db, await lab.stand.ended(lastJob), { status: 'completed' });
    await expectBack(it);
    return isMet;
  } catch (cause) {
    const jobs = [...new Set([failoverJobId, lastJob])];
    const stories = await Promise.all(jobs.map((jobId) => jobStory(lab.stand.db, jobId)));
    throw new Error(`${JSON.stringify(stuck)}: ${String(cause)}\n${stories.join('\n')}`, { cause });
  }
}

async function some(count: number): Promise<void> {
  const random = new Random(SEED);
  for (let left = count; left > 0; left -= 1) {
    const side = random.of(['CloudStack', 'CloudStack', 'CloudStack', 'vCenter'] as const);
    const order = random.between(1, side === 'vCenter' ? 4 : 14);
    const stuck = { phase: random.of(PHASES), side, order, end: random.of(['work', 'failure'] as const) };
    const isMet = await tried(stuck);
    if (IS_LONG) process.stdout.write(`${JSON.stringify(stuck)} ${isMet ? 'met' : 'not met'}\n`);
  }
}

async function every(of: Pick<Stuck, 'phase' | 'side' | 'end'>): Promise<void> {
  let order = 1;
  for (; await tried({ ...of, order }); order += 1) {
    process.stdout.write(`${JSON.stringify({ ...of, order })}\n`);
    if (order === ORDERS_MAX) throw new Error(`the orders of a ${of.phase} do not end`);
  }
}

const isOne = (kind: Omit<Stuck, 'order'>): kind is Stuck => 'order' in kind;

test('whatever order does not end in time, the failover stands, is undone, or names what is left', async () => {
  if (KIND !== undefined) return isOne(KIND) ? void (await tried(KIND)) : every(KIND);
  if (!ALL) return some(Number(FAILOVER_STUCK));
  for (const phase of PHASES) {
    for (const end of ['work', 'failure'] as const) await every({ phase, side: 'CloudStack', end });
    await every({ phase, side: 'vCenter', end: 'work' });
  }
});
