import type { Knex } from '../src/db/knex.ts';
import { select } from '../src/db/sql.ts';
import { below, type Benchmark } from './frame/benchmark.ts';
import { addContexts } from './frame/contexts.ts';
import { assertAll, closedLoop, type Call } from './frame/load.ts';
import { openStage, type Stage } from './frame/stage.ts';
import { latencies, rounded } from './frame/statistics.ts';

const CONTEXTS = 10_000;
const PAGE = 200;
const ROUNDS = 6;

export const listContexts: Benchmark = {
  name: 'list-contexts',
  what: `GET /vm-contexts with ${CONTEXTS} VMs in pages of ${PAGE}: latency, and queries per request`,
  async run(say) {
    await using stage = await openStage();
    await addContexts(stage.db, CONTEXTS);
    say(`${CONTEXTS} contexts are there`);
    const pages = await followPages(stage);
    say(`${pages.length} pages of ${PAGE}`);
    const calls = Array.from({ length: ROUNDS }, () => pages).flat();
    const before = await selects(stage.db);
    const alone = await closedLoop(stage, calls, 1);
    // Asking how many there were was one of them.
    const queries = ((await selects(stage.db)) - before - 1) / calls.length;
    const crowd = await closedLoop(stage, calls, 10);
    for (const load of [alone, crowd]) assertAll(load, 200);
    const one = latencies(alone.latenciesMs);
    return {
      contexts: CONTEXTS,
      page: PAGE,
      requests: calls.length,
      one_client: one,
      ten_clients: { ...latencies(crowd.latenciesMs), per_second: rounded(calls.length / crowd.seconds) },
      queries_per_request: rounded(queries),
      figures: { p99_ms: below(one.p99_ms, 100) },
    };
  },
};

/** One call per page, in the order in which a client comes to them. */
async function followPages(stage: Stage): Promise<Call[]> {
  const calls: Call[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const call: Call = { method: 'GET', path: `/vm-contexts?limit=${PAGE}${more}` };
    const load = await closedLoop(stage, [call], 1);
    assertAll(load, 200);
    calls.push(call);
    cursor = (JSON.parse(load.answers[0]?.body ?? '{}') as { next_cursor: string | null }).next_cursor;
  }
  return calls;
}

async function selects(db: Knex): Promise<number> {
  const rows = await select<{ Value: string }>(db, "show global status like 'Com_select'");
  return Number(rows[0]?.Value);
}
