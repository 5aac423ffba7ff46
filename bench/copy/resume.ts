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

const AT_PERCENT = [15, 35, 55, 75, 95];
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

/** What was written twice is counted by the server: each write that it was asked for, over both runs. */
async function killed(disks: Disks, plan: Plan, at: { afterS: number; aloneS: number }): Promise<Kill> {
  scribble(plan);
  const [checkpoint, log] = [disks.path('checkpoint'), disks.path(`log-${at.afterS}`)];
  await using ends = await serve(disks, plan, log);
  const command = ours('--checkpoint', checkpoint, '--json').command(ends.source.uri, ends.target.uri);
  const startedAtMs = performance.now();
  const [program = '', ...args] = command;
  const first = spawn(program, args, { stdio: 'ignore' });
  const ended = once(first, 'exit');
  await sleep(at.afterS * 1000);
  while (first.exitCode === null && !(existsSync(checkpoint) && readFileSync(checkpoint, 'utf8').includes('\ndone '))) {
    await sleep(5);
  }
  first.kill('SIGKILL');
  await ended;
  if (first.signalCode !== 'SIGKILL') throw new Error('the copy was over before it could be killed');
  const firstS = (performance.now() - startedAtMs) / 1000;
  const second = await timed(command);
  const { resumed, bytes_resumed } = JSON.parse(second.stdout) as { resumed: boolean; bytes_resumed: number };
  if (!resumed) throw new Error('the second run did not resume');
  assertSame(plan.source, plan.target);
  const writes = readFileSync(log, 'latin1').matchAll(/ Write id=\d+ offset=0x[0-9a-f]+ count=0x([0-9a-f]+)/g);
  let written = 0;
  for (const [, count = '0'] of writes) written += Number.parseInt(count, 16);
  return {
    at_percent: rounded((firstS / at.aloneS) * 100),
    mib_twice: rounded((written - plan.bytes) / MiB),
    more_s: rounded(firstS + second.wallS - at.aloneS),
    resumed_mib: rounded(bytes_resumed / MiB),
  };
}
