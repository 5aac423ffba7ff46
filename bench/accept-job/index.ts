import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { atLeast, below, type Benchmark } from '../frame/benchmark.ts';
import { addContexts, addTargetCloud, forgetJobs } from '../frame/contexts.ts';
import { assertAll, closedLoop, openLoop, type Call } from '../frame/load.ts';
import { openStage, type Stage } from '../frame/stage.ts';
import { latencies, median, rounded } from '../frame/statistics.ts';

/** Jobs of one run; each is of another VM. */
const JOBS = 1_000;
const ROUNDS = 3;
const AT_ONCE = 20;
const RATE_PER_S = 100;
const RATE_SECONDS = 10;

export const acceptJob: Benchmark = {
  name: 'accept-job',
  what: 'POST /replications against inserting the same rows and queue.add from a bare process; latency at 100/s',
  async run(say) {
    await using stage = await openStage();
    const contextIds = await addContexts(stage.db, JOBS);
    const cloud = await addTargetCloud(stage.db);
    // Both once before it counts: code is compiled, pools are filled.
    await ours(stage, contextIds);
    await peer(stage, contextIds, cloud);
    const rounds: { readonly ours: Side; readonly peer: Side }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const sides = { ours: await ours(stage, contextIds), peer: await peer(stage, contextIds, cloud) };
      rounds.push(sides);
      say(
        `round ${round}: ${sides.ours.perS.toFixed(0)}/s through the API, ${sides.peer.perS.toFixed(0)}/s by the peer`,
      );
    }
    await clear(stage);
    const paced = await openLoop(stage, callsOf(contextIds.slice(0, RATE_PER_S * RATE_SECONDS)), RATE_PER_S);
    assertAll(paced, 202);
    const at100 = latencies(paced.latenciesMs);
    const api = median(rounds.map((round) => round.ours.perS));
    const bare = median(rounds.map((round) => round.peer.perS));
    return {
      jobs: JOBS,
      at_once: AT_ONCE,
      rounds: rounds.map((round) => ({ ours: rounded(round.ours.perS), peer: rounded(round.peer.perS) })),
      // Of the process alone, so that a busy machine changes it little.
      ours_cpu_ms_per_job: rounded(median(rounds.map((round) => round.ours.cpuMsPerJob))),
      peer_cpu_ms_per_job: rounded(median(rounds.map((round) => round.peer.cpuMsPerJob))),
      ours_per_s: rounded(api),
      peer_per_s: rounded(bare),
      at_100_per_s: at100,
      figures: { ratio: atLeast(api / bare, 0.5), p99_ms_at_100_per_s: below(at100.p99_ms, 50) },
    };
  },
};

const callsOf = (contextIds: readonly string[]): Call[] =>
  contextIds.map((id) => ({ method: 'POST', path: '/replications', body: { context_id: id } }));

interface Side {
  readonly perS: number;
  readonly cpuMsPerJob: number;
}

async function ours(stage: Stage, contextIds: readonly string[]): Promise<Side> {
  await clear(stage);
  const cpuBefore = stage.apiCpuMs();
  const load = await closedLoop(stage, callsOf(contextIds), AT_ONCE);
  assertAll(load, 202);
  const { length } = contextIds;
  return { perS: length / load.seconds, cpuMsPerJob: (stage.apiCpuMs() - cpuBefore) / length };
}

/** As the peer measured it, from its first transaction to its last message. */
async function peer(stage: Stage, contextIds: readonly string[], cloud: number): Promise<Side> {
  await clear(stage);
  const main = join(import.meta.dirname, 'peer.ts');
  const child = spawn(process.execPath, [main, String(AT_ONCE), String(cloud)], {
    env: { PATH: process.env['PATH'], ...stage.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  child.stdin.end(JSON.stringify(contextIds));
  const said = await text(child.stdout);
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`the peer failed with exit status ${code}`);
  const { seconds, cpuMs } = JSON.parse(said) as { seconds: number; cpuMs: number };
  const { length } = contextIds;
  return { perS: length / seconds, cpuMsPerJob: cpuMs / length };
}

async function clear({ db, config }: Stage): Promise<void> {
  await forgetJobs(db);
  const redis = new Redis(config.redis.url.reveal());
  await redis.flushall();
  redis.disconnect();
}
