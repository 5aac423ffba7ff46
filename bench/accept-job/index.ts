import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
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
    const rates: { ours: number; peer: number }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const rate = {
        ours: JOBS / (await ours(stage, contextIds)),
        peer: JOBS / (await peer(stage, contextIds, cloud)),
      };
      rates.push(rate);
      say(`round ${round}: ${rate.ours.toFixed(0)}/s through the API, ${rate.peer.toFixed(0)}/s by the peer`);
    }
    await clear(stage);
    const paced = await openLoop(stage, callsOf(contextIds.slice(0, RATE_PER_S * RATE_SECONDS)), RATE_PER_S);
    assertAll(paced, 202);
    const at100 = latencies(paced.latenciesMs);
    const api = median(rates.map((rate) => rate.ours));
    const bare = median(rates.map((rate) => rate.peer));
    return {
      jobs: JOBS,
      at_once: AT_ONCE,
      rounds: rates.map((rate) => ({ ours: rounded(rate.ours), peer: rounded(rate.peer) })),
      ours_per_s: rounded(api),
      peer_per_s: rounded(bare),
      at_100_per_s: at100,
      figures: { ratio: atLeast(api / bare, 0.5), p99_ms_at_100_per_s: below(at100.p99_ms, 50) },
    };
  },
};

const callsOf = (contextIds: readonly string[]): Call[] =>
  contextIds.map((id) => ({ method: 'POST', path: '/replications', body: { context_id: id } }));

/** @returns seconds */
async function ours(stage: Stage, contextIds: readonly string[]): Promise<number> {
  await clear(stage);
  const load = await closedLoop(stage, callsOf(contextIds), AT_ONCE);
  assertAll(load, 202);
  return load.seconds;
}

/** @returns seconds, as the peer measured them from its first transaction to its last message */
async function peer(stage: Stage, contextIds: readonly string[], cloud: number): Promise<number> {
  await clear(stage);
  const main = join(import.meta.dirname, 'peer.ts');
  const child = spawn(process.execPath, [main, String(AT_ONCE), String(cloud)], {
    env: { PATH: process.env['PATH'], ...stage.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  child.stdin.end(JSON.stringify(contextIds));
  const { seconds } = (await json(child.stdout)) as { seconds: number };
  await exited;
  return seconds;
}

async function clear({ db, config }: Stage): Promise<void> {
  await forgetJobs(db);
  const redis = new Redis(config.redis.url.reveal());
  await redis.flushall();
  redis.disconnect();
}
