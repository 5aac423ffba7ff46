import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from '../src/base/clock.ts';
import { MiB } from '../src/base/units.ts';
import { Secret } from '../src/config/secrets.ts';
import { openDatabase, type Knex } from '../src/db/knex.ts';
import { LabState, readState } from '../src/lab/state.ts';
import { below, type Benchmark } from './frame/benchmark.ts';
import { assertAll, closedLoop } from './frame/load.ts';
import { median, percentile, rounded } from './frame/statistics.ts';

const ROUNDS = 4;
const WITHIN_S = 5;
const PATIENCE_MS = 120_000;
/** Slow enough that the copy of the first disk lasts while it is cancelled. */
const RATE = 16 * MiB;

const run = promisify(execFile);

/** A lab with default settings, and its ledger. */
interface Scene {
  readonly lab: LabState;
  readonly db: Knex;
}

/** How a job comes into the state in which it is cancelled; the function that it returns undoes what it took. */
type Arrange = (scene: Scene, start: () => Promise<string>) => Promise<{ jobId: string; after: () => void }>;

const STATES: readonly [name: string, arrange: Arrange][] = [
  ['queued, all workers stopped', (scene, start) => whileStopped(workersOf(scene), start)],
  ['queued, redis stopped', (scene, start) => whileStopped([pidOf(scene, 'redis')], start)],
  ['waiting for a child', (scene, start) => once(scene, start, { dispatch_state: 'waiting' })],
  ['copying', (scene, start) => once(scene, start, {}, 10)],
];

export const cancel: Benchmark = {
  name: 'cancel',
  what: 'from POST .../cancel to the terminal row, in each state, on a lab with default settings',
  async run(say) {
    await using stack = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), 'mk-cancel-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const launcher = join(process.cwd(), 'migratekit');
    stack.defer(async () => void (await run(launcher, ['lab', 'down', '--dir', dir])));
    await run(launcher, ['lab', 'up', '--json', '--dir', dir, '--vms', '1', '--rate', String(RATE)]);
    const lab = LabState.parse(readState(dir));
    const db = openDatabase({ ...lab.database, password: new Secret(lab.database.password), poolMax: 2 });
    stack.defer(() => db.destroy());
    const seconds: Record<string, number[]> = {};
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [state, arrange] of STATES) {
        const took = await cancelIn({ lab, db }, arrange);
        (seconds[state] ??= []).push(took);
        say(`round ${round}: ${state}: ${took.toFixed(2)} s`);
      }
    }
    return report(seconds);
  },
};

function report(seconds: Readonly<Record<string, readonly number[]>>): Record<string, unknown> {
  const states = Object.entries(seconds).map(([state, all]) => {
    const worst = percentile(all, 100);
    return [state, { median_s: rounded(median(all)), worst_s: below(worst, WITHIN_S) }] as const;
  });
  return { rounds: ROUNDS, figures: Object.fromEntries(states) };
}

/** @returns seconds from the request to the end of the job in the ledger */
async function cancelIn(scene: Scene, arrange: Arrange): Promise<number> {
  const { jobId, after } = await arrange(scene, () => startOne(scene));
  try {
    const begin = performance.now();
    const load = await closedLoop(scene.lab.api, [{ method: 'POST', path: `/replications/${jobId}/cancel` }], 1);
    assertAll(load, 202);
    await untilRow(scene, jobId, (row) => row.status === 'cancelled');
    return (performance.now() - begin) / 1000;
  } finally {
    after();
  }
}

async function startOne({ lab }: Scene): Promise<string> {
  const body = { vm_name: 'lab-vm-1', replication_type: 'initial' };
  const load = await closedLoop(lab.api, [{ method: 'POST', path: '/replications', body }], 1);
  assertAll(load, 202);
  return (JSON.parse(load.answers[0]?.body ?? '{}') as { job_id: string }).job_id;
}

async function whileStopped(
  pids: readonly number[],
  start: () => Promise<string>,
): Promise<{ jobId: string; after: () => void }> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const after = (): void => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
  try {
    return { jobId: await start(), after };
  } catch (error) {
    after();
    throw error;
  }
}

/** When the row is like this, and that many percent are done. */
async function once(
  scene: Scene,
  start: () => Promise<string>,
  ...[like, percent = 0]: [like: Partial<Row>, percent?: number]
): Promise<{ jobId: string; after: () => void }> {
  const jobId = await start();
  await untilRow(
    scene,
    jobId,
    (row) => row.percent >= percent && (like.dispatch_state ?? row.dispatch_state) === row.dispatch_state,
  );
  return { jobId, after: () => undefined };
}

interface Row {
  readonly status: string;
  readonly dispatch_state: string;
  readonly percent: number;
}

async function untilRow({ db }: Scene, jobId: string, fits: (row: Row) => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  let last: Row | undefined;
  while (performance.now() < end) {
    last = await db<Row & { id: string }>('job_tracking as job')
      .join('replication_jobs as replication', 'replication.id', 'job.id')
      .where('job.id', jobId)
      .first<Row | undefined>('job.status', 'job.dispatch_state', {
        percent: 'replication.progress_percent',
      });
    if (last !== undefined && fits({ ...last, percent: Number(last.percent) })) return;
    await sleep(10);
  }
  throw new Error(`${jobId} is ${JSON.stringify(last)}`);
}

const workersOf = ({ lab }: Scene): number[] => lab.workers.map(({ pid }) => pid);

function pidOf({ lab }: Scene, name: string): number {
  const found = lab.processes.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the lab has no ${name}`);
  return found.pid;
}
