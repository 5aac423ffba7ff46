import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { GiB, KiB, MiB } from '../../src/base/units.ts';
import { below, type Benchmark } from '../frame/benchmark.ts';
import { median, rounded } from '../frame/statistics.ts';
import { assertSame, Disks, roomFor } from './disks.ts';
import { ours } from './side.ts';
import { timed } from './timed-command.ts';

const AT_PERCENT = [15, 35, 55, 75, 90];
/** A busy moment of the machine makes one copy longer than the next. */
const EARLIER = 0.8;
const PLAIN_ROUNDS = 3;
const LEAST_BYTES = 64 * MiB;
const SECONDS = 3;

export const resume: Benchmark = {
  name: 'resume',
  what: `a full disk, kill -9 at ${AT_PERCENT.join(', ')} % of the time, then the same command again`,
  async run(say) {
    const bytes = roomFor(8 * GiB);
    using disks = new Disks(2 * bytes);
    const plan = { bytes, source: await disks.dense('source', bytes), target: await disks.dense('target', bytes) };
    const alone: Ran[] = [];
    const withFile: Ran[] = [];
    for (let round = 0; round < PLAIN_ROUNDS; round += 1) {
      alone.push(await copied(disks, plan, []));
      withFile.push(await copied(disks, plan, ['--checkpoint', disks.path('checkpoint')]));
    }
    const wallS = (ran: readonly Ran[]): number => median(ran.map((each) => each.wallS));
    const aloneS = wallS(alone);
    say(`alone ${aloneS.toFixed(2)} s, with a checkpoint ${wallS(withFile).toFixed(2)} s`);
    const kills: Kill[] = [];
    for (const percent of AT_PERCENT) {
      const kill = await killed(disks, plan, { afterS: (wallS(withFile) * percent) / 100, aloneS });
      say(`killed at ${percent} %: ${kill.mib_twice} MiB twice, ${kill.more_s} s more than the copy alone`);
      kills.push(kill);
    }
    const twice = Math.max(...kills.map((kill) => kill.mib_twice));
    const boundMib = Math.max(LEAST_BYTES, SECONDS * (bytes / aloneS)) / MiB;
    return {
      gib: bytes / GiB,
      alone_s: rounded(aloneS),
      with_checkpoint_s: rounded(wallS(withFile)),
      kills,
      figures: { mib_twice: below(twice, Math.ceil(boundMib)), more_s: below(median(kills.map((k) => k.more_s)), 4) },
    };
  },
};

interface Plan {
  readonly bytes: number;
  readonly source: string;
  readonly target: string;
}

interface Ran {
  readonly wallS: number;
}

interface Kill {
  readonly at_percent: number;
  readonly mib_twice: number;
  /** The killed run and the one after it, less the copy alone. */
  readonly more_s: number;
  readonly resumed_mib: number;
}

const serve = (disks: Disks, { source, target }: Plan, log?: string) => {
  const logged =
    log === undefined ? { filters: [], parameters: [] } : { filters: ['--filter=log'], parameters: [`logfile=${log}`] };
  return disks.open(['--readonly', 'file', source], [...logged.filters, 'file', target, ...logged.parameters]);
};

async function copied(disks: Disks, plan: Plan, options: readonly string[]): Promise<Ran> {
  await using ends = await serve(disks, plan);
  return await timed(ours(...options).command(ends.source.uri, ends.target.uri));
}

/** What an earlier copy left on the target must not pass for work of this one. */
function scribble({ target, bytes }: Plan): void {
  const file = openSync(target, 'r+');
  for (let at = 0; at < bytes; at += 64 * KiB) writeSync(file, 'not written', at);
  closeSync(file);
}

/**
 * What was written twice is counted by the server: each write that it was asked for, over both runs. Each run has servers
 * of its own, because nbdkit 1.32 may abort when a client is killed ("Assertion `sock >= 0'").
 */
async function killed(disks: Disks, plan: Plan, at: { afterS: number; aloneS: number }): Promise<Kill> {
  scribble(plan);
  const checkpoint = disks.path('checkpoint');
  const logs = [1, 2].map((run) => disks.path(`log-${at.afterS}-${run}`));
  const ran = await twice(disks, plan, { afterS: at.afterS, checkpoint, logs });
  if (ran === undefined) return killed(disks, plan, { ...at, afterS: at.afterS * EARLIER });
  const { firstS, second } = ran;
  const { resumed, bytes_resumed } = JSON.parse(second.stdout) as { resumed: boolean; bytes_resumed: number };
  if (!resumed) throw new Error('the second run did not resume');
  assertSame(plan.source, plan.target);
  const written = logs.reduce((sum, log) => sum + writtenBytes(log), 0);
  return {
    at_percent: rounded((firstS / at.aloneS) * 100),
    mib_twice: rounded((written - plan.bytes) / MiB),
    more_s: rounded(firstS + second.wallS - at.aloneS),
    resumed_mib: rounded(bytes_resumed / MiB),
  };
}

interface Twice {
  readonly afterS: number;
  readonly checkpoint: string;
  readonly logs: readonly string[];
}

/** @returns how long the killed run took, and what the one after it cost; undefined when the first was over too soon */
async function twice(disks: Disks, plan: Plan, { afterS, checkpoint, logs }: Twice) {
  const options = ['--checkpoint', checkpoint, '--json'];
  let firstS: number | undefined;
  {
    await using ends = await serve(disks, plan, logs[0]);
    firstS = await runKilled(ours(...options).command(ends.source.uri, ends.target.uri), { afterS, checkpoint });
  }
  if (firstS === undefined) return undefined;
  await using ends = await serve(disks, plan, logs[1]);
  return { firstS, second: await timed(ours(...options).command(ends.source.uri, ends.target.uri)) };
}

/** Killed after that time, and not before something is durable. @returns seconds that it ran; undefined: to its end */
async function runKilled([program = '', ...args]: readonly string[], at: Omit<Twice, 'logs'>) {
  const startedAtMs = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const isBegun = (): boolean => existsSync(at.checkpoint) && readFileSync(at.checkpoint, 'utf8').includes('\ndone ');
  await sleep(at.afterS * 1000);
  while (child.exitCode === null && !isBegun()) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  if (child.exitCode !== null && child.exitCode !== 0) throw new Error(`the copy ended with ${child.exitCode}`);
  return child.signalCode === 'SIGKILL' ? (performance.now() - startedAtMs) / 1000 : undefined;
}

function writtenBytes(log: string): number {
  const writes = readFileSync(log, 'latin1').matchAll(/ Write id=\d+ offset=0x[0-9a-f]+ count=0x([0-9a-f]+)/g);
  let bytes = 0;
  for (const [, count = '0'] of writes) bytes += Number.parseInt(count, 16);
  return bytes;
}
