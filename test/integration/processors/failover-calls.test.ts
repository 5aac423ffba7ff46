import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { JobRecord } from '../../../src/db/stores/job-rows.ts';
import { clearTraps, EVERY_MISCHIEF, setTrap, type Mischief } from '../../support/call-faults.ts';
import { expectBack, expectNextCycle, judgeFailed, judgeStanding, type Judged } from '../../support/failover-ends.ts';
import { liveFailover, placementOf, submitFailover } from '../../support/failovers.ts';
import { replicaIn, type ReplicaOfVsphere } from '../../support/failover-scenarios.ts';
import { expectJob, jobStory } from '../../support/job-story.ts';
import { Random } from '../../support/random.ts';
import { guestWrites, submitRollback } from '../../support/rollbacks.ts';
import { openVsphereStand, type VsphereStand } from '../../support/vsphere-stand.ts';

/**
 * CloudStack or vCenter going wrong at any one call of a live failover, of its way back and of its rollback. However it
 * ends: one VM that runs on what was committed, or nothing changed, or what is left is named, and a clean-up ends it; no
 * disk is taken for a copy that it is not. A few calls by a seed; FAILOVER_CALLS=200 tries that many, FAILOVER_CALLS=all
 * goes wrong at each call in each way, FAILOVER_CALLS_SEED=N is the seed. See CONTRIBUTING.md.
 */
const { FAILOVER_CALLS = '4' } = process.env;
const ALL = FAILOVER_CALLS === 'all';
const IS_LONG = process.env['FAILOVER_CALLS'] !== undefined;
const SEED = Number(process.env['FAILOVER_CALLS_SEED'] ?? 20_261_123);
jest.setTimeout(ALL ? 28_800_000 : 600_000 + Number(FAILOVER_CALLS) * 60_000);

/** What is disturbed: the failover; one whose VM does not start, so that it goes back; its rollback. */
const PHASES = ['failover', 'way back', 'rollback'] as const;
type Phase = (typeof PHASES)[number];
/** More than any of them has. */
const CALLS_MAX = 400;

/** About as many as there are; the later ones are met by the loop over all. */
function callsOf({ side, what }: Omit<Mischief, 'call'>): number {
  if (what.includes('job')) return 14;
  return what.includes('task') ? 4 : side === 'vCenter' ? 50 : 110;
}

let lab: VsphereStand;
let replica: ReplicaOfVsphere;
let stopWorker = (): void => undefined;
let worker: Promise<void>;

beforeAll(async () => {
  lab = await openVsphereStand({ MIGRATEKIT_RELAY_MS: '30', MIGRATEKIT_RECONCILE_MS: '100' });
  const stopped = new Promise<void>((resolve) => (stopWorker = resolve));
  replica = await replicaIn(lab);
  worker = lab.stand.withWorker(() => stopped);
});
afterEach(() => {
  clearTraps(lab);
});
afterAll(async () => {
  stopWorker();
  await worker;
  await lab[Symbol.asyncDispose]();
});

const cannotStart = { command: 'startVirtualMachine', kind: 'error', errorCode: 531, errorText: 'injected' } as const;
const options = () => liveFailover(lab.stand, { powerOffSource: true, performFinalSync: true });

/** @returns whether the trap was met; what was left is cleaned up, and the next cycle is right */
async function tried(phase: Phase, mischief: Mischief): Promise<boolean> {
  const { contextId } = replica;
  if (phase === 'way back') lab.stand.cloud.simulator.faults.add({ ...cannotStart, times: 20 });
  if (phase !== 'rollback') setTrap(lab, mischief);
  const failoverJobId = await submitFailover(lab.stand, contextId, options());
  const it: Judged = { ...replica, lab, failoverJobId };
  let lastJob = failoverJobId;
  try {
    const job = await lab.stand.ended(failoverJobId);
    let isMet = phase !== 'rollback' && clearTraps(lab);
    let stands = job.status === 'completed';
    if (stands) {
      await judgeStanding(it, 'poweredOff');
      await guestWrites(it.vm);
    } else if ((await judgeFailed(it, job)) === 'undone') {
      await expectNextCycle(it);
      return isMet;
    }
    if (phase === 'rollback') {
      setTrap(lab, mischief);
      lastJob = await submitRollback(lab.stand, { contextId, failoverJobId, powerOnSource: true });
      const back = await lab.stand.ended(lastJob);
      isMet = clearTraps(lab);
      if (back.status === 'completed') {
        await expectBack(it);
        return isMet;
      }
      stands = (await judgeRefusedRollback(it, back)) === 'as it was';
    }
    const kind = stands ? 'rollback' : 'cleanup-failed';
    lastJob = await submitRollback(lab.stand, { contextId, failoverJobId, kind, powerOnSource: true });
    await expectJob(lab.stand.db, await lab.stand.ended(lastJob), { status: 'completed' });
    await expectBack(it);
    return isMet;
  } catch (cause) {
    const where = `${phase} ${JSON.stringify(mischief)}`;
    throw new Error(`${where}: ${String(cause)}\n${await jobStory(lab.stand.db, lastJob)}`, { cause });
  }
}

/** One that had not begun has changed nothing. */
async function judgeRefusedRollback(it: Judged, job: JobRecord): Promise<'as it was' | 'left'> {
  const { context } = await placementOf(lab.stand, it.contextId);
  if (context === 'failed_over_live') return 'as it was';
  expect(await judgeFailed(it, job)).toBe('left');
  return 'left';
}

async function some(count: number): Promise<void> {
  const random = new Random(SEED);
  for (let left = count; left > 0; left -= 1) {
    const of = random.of(EVERY_MISCHIEF);
    const mischief = { ...of, call: random.between(1, callsOf(of)) } as Mischief;
    const phase = random.of(PHASES);
    const isMet = await tried(phase, mischief);
    if (IS_LONG) process.stdout.write(`${phase} ${JSON.stringify(mischief)} ${isMet ? 'met' : 'not met'}\n`);
  }
}

async function everyCall(phase: Phase, of: Omit<Mischief, 'call'>): Promise<void> {
  let call = 1;
  for (; await tried(phase, { ...of, call } as Mischief); call += 1) {
    if (call === CALLS_MAX) throw new Error(`the calls of a ${phase} do not end`);
  }
  process.stdout.write(`${phase}: ${of.side} ${of.what}, at each of ${call - 1} calls\n`);
}

test('whatever call goes wrong, the failover stands, is undone, or names what is left', async () => {
  if (!ALL) return some(Number(FAILOVER_CALLS));
  for (const phase of PHASES) for (const of of EVERY_MISCHIEF) await everyCall(phase, of);
});
