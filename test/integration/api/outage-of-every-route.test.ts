import { expect, test } from '@jest/globals';
import type { Route } from '../../../src/api/route.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';
import { nameOf, pathOf, World, type Request } from '../../support/examples/example.ts';
import { EXAMPLES } from '../../support/examples/index.ts';
import { holdAgainstPromise } from '../../support/promise.ts';
import { until } from '../../support/until.ts';
import { Wire } from '../../support/wire.ts';

/** Routes that answer without the database. Every other one must say that it is away. */
const WITHOUT_DATABASE: Readonly<Record<string, string>> = {
  'GET /health': '200',
  'GET /health/live': '200',
  'GET /openapi.json': '200',
  'POST /auth/login': '200',
  'POST /auth/logout': '200',
  // What is typed in is asked there, and nothing is stored.
  'POST /settings/cloudstack/test-connection': '200',
  'POST /settings/cloudstack/detect-oma-vm': '200',
  'POST /settings/cloudstack/validate': '200',
  'POST /settings/cloudstack/discover-all': '200',
  // The stream begins; it has nothing to tell until the database is back.
  'GET /events': '200',
};
/** More than any deadline of the API: whoever reaches it hangs. */
const PATIENCE_MS = 60_000;

test.each(['cut', 'mute'] as const)(
  'with a database whose wire is %s every route answers within its deadline, says what to do, and is back by itself',
  async (how) => {
    await using wire = new Wire();
    await using api = await startTestApi(async (config) => ({
      ...config,
      database: { ...config.database, port: await wire.open(config.database) },
    }));
    const world = new World(api);
    await world.reset();
    const requests: [Route, Request][] = [];
    for (const route of api.routes) requests.push([route, await validRequest(world, route)]);

    await wire[how]();
    const said = await Promise.all(requests.map(([route, request]) => answer(api, route, request)));

    const expected = requests.map(([route]) => {
      const name = nameOf(route);
      return `${name} ${WITHOUT_DATABASE[name] ?? '503 db.unreachable'}`;
    });
    // Whoever comes when every connection hangs is told so in other words.
    expect(said.map((line) => line.replace('db.pool-exhausted', 'db.unreachable'))).toEqual(expected);

    await wire.cut();
    await wire.mend();
    const reading = requests.filter(([route]) => route.method === 'get');
    await until(async () => (await answer(api, ...(reading[0] ?? never()))).includes(' 200'), {
      withinMs: PATIENCE_MS,
      what: 'the database to be used again',
    });
    const again = await Promise.all(reading.map(([route, request]) => answer(api, route, request)));
    // The cloud of these rows has no real keys, which only the database can tell.
    expect(again.filter((line) => !/ (200|304|422 secret\.damaged)$/.test(line))).toEqual([]);
  },
  180_000,
);

function never(): never {
  throw new Error('there are no routes');
}

async function validRequest(world: World, route: Route): Promise<Request> {
  const [first] = EXAMPLES[nameOf(route)] ?? [];
  if (first === undefined) throw new Error(`test/support/examples has none of ${nameOf(route)}`);
  return first.ask(world);
}

/** `METHOD /path status code`, with the promise of the route held against it. A stream's begin is its answer. */
async function answer(api: TestApi, route: Route, request: Request): Promise<string> {
  const method = route.method.toUpperCase();
  const path = pathOf(route, request);
  const { token } = await api.context.sessions.issue('ann', 1);
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...request.headers },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { status, headers } = response;
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel();
    return `${nameOf(route)} ${status}`;
  }
  const text = await response.text();
  const body = (text === '' ? undefined : JSON.parse(text)) as { code?: string } | undefined;
  holdAgainstPromise(api.routes, { method, path }, { status, headers, body });
  return [nameOf(route), status, ...(status < 400 ? [] : [body?.code ?? ''])].join(' ');
}
