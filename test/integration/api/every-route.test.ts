import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { noBody, type Route } from '../../../src/api/route.ts';
import { startTestApi, type Reply, type TestApi } from '../../support/api.ts';
import { nameOf, pathOf, World, type Request } from '../../support/examples/example.ts';
import { EXAMPLES, SHOWN_ELSEWHERE } from '../../support/examples/index.ts';
import { States } from '../../support/examples/states.ts';

// What holds for every route of the table, so that a new route cannot be forgotten. `call` itself holds each answer
// against the route's schema, and each refusal against the codes that it documents (test/support/promise.ts).

let api: TestApi;
let world: World;
const states = new States();
beforeAll(async () => {
  api = await startTestApi();
  world = new World(api);
});
afterAll(async () => {
  await states[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});
beforeEach(() => world.reset());

/** A request that this route would answer with success. */
async function valid(route: Route): Promise<Request> {
  const [first] = EXAMPLES[nameOf(route)] ?? [];
  if (first === undefined) throw new Error(`test/support/examples has none of ${nameOf(route)}`);
  return first.ask(world);
}

const send = (route: Route, request: Request, to = api): Promise<Reply> =>
  to.call(route.method.toUpperCase(), pathOf(route, request), request);

/** A stream has no end to wait for: that it begins is its answer. */
async function begin(route: Route, request: Request): Promise<string> {
  const { token } = await api.context.sessions.issue('ann', 1);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${api.url}/api/v1${pathOf(route, request)}`, { headers });
  await response.body?.cancel();
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  return String(response.status);
}

const told = ({ status, body }: Reply): string =>
  'code' in body ? `${status} ${String(body['code'])}` : String(status);

const namesOf = ({ body }: Reply): string[] =>
  (body['errors'] as { path: string }[] | undefined)?.map(({ path }) => path) ?? [];

/** Asks every route that `applies` and returns what they said by the name of the route. */
async function askAll(
  applies: (route: Route) => boolean,
  ask: (route: Route) => Promise<string | undefined>,
): Promise<Record<string, string | undefined>> {
  const said: Record<string, string | undefined> = {};
  for (const route of api.routes.filter(applies)) said[nameOf(route)] = await ask(route);
  expect(Object.keys(said).length).toBeGreaterThan(0);
  return said;
}

const everyOne = (said: object, answer: string): Record<string, string> =>
  Object.fromEntries(Object.keys(said).map((name) => [name, answer]));

const isClosed = (route: Route): boolean => !route.open;
const takesBody = (route: Route): boolean => route.body !== noBody;
const paramsOf = (route: Route): string[] => Object.keys(route.params.shape);

describe('whoever is not signed in', () => {
  test.each([
    ['no token', 'auth.required', () => ''],
    ['a token that nobody signed', 'auth.bad-token', () => 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'],
    ['no token but a word', 'auth.bad-token', () => 'x'],
    ['a token that has expired', 'auth.expired', async () => (await api.context.sessions.issue('ann', -1)).token],
  ])('gets nothing from any route with %s', async (_what, code, tokenOf) => {
    const token = await tokenOf();
    const said = await askAll(isClosed, async (route) => told(await send(route, { ...(await valid(route)), token })));
    expect(said).toEqual(everyOne(said, `401 ${code}`));
  });

  test('learns nothing about the body either: it is not even read', async () => {
    const said = await askAll(
      (route) => isClosed(route) && takesBody(route),
      async (route) => told(await send(route, { token: '', body: '{"' })),
    );
    expect(said).toEqual(everyOne(said, '401 auth.required'));
  });

  test('and a browser that another site drives changes nothing', async () => {
    const { token } = await api.context.sessions.issue('ann', 1);
    const headers = { cookie: `migratekit_session=${token}`, 'sec-fetch-site': 'cross-site' };
    const said = await askAll(
      (route) => isClosed(route) && route.method !== 'get',
      async (route) => told(await send(route, { ...(await valid(route)), token: '', headers })),
    );
    expect(said).toEqual(everyOne(said, '403 auth.cross-site'));
  });
});

describe('a body', () => {
  test.each([
    ['that breaks off', '{"context_id":', '400 request.malformed'],
    ['that is no object', '7', '400 request.malformed'],
    ['that is a list', '[]', '400 request.invalid'],
    ['that is nothing', '', '400 request.invalid'],
    ['of more than a MiB', JSON.stringify({ x: 'x'.repeat(1_100_000) }), '413 request.too-large'],
  ])('%s is refused', async (_what, body, answer) => {
    const said = await askAll(takesBody, async (route) => told(await send(route, { ...(await valid(route)), body })));
    expect(said).toEqual(everyOne(said, answer));
  });

  test.each([
    ['text/plain', undefined],
    ['application/x-www-form-urlencoded', undefined],
    ['application/json; charset=koi8-r', undefined],
    ['application/json', 'brotli-or-so'],
    ['application/json', 'gzip'],
  ])('of type %s and encoding %s is refused for that, not for its fields', async (type, encoding) => {
    const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) };
    const said = await askAll(takesBody, async (route) =>
      told(await send(route, { ...(await valid(route)), headers })),
    );
    expect(said).toEqual(everyOne(said, '415 request.unsupported-type'));
  });

  test('with a field of another kind is refused, naming the field', async () => {
    let fields = 0;
    for (const route of api.routes.filter(({ body }) => body instanceof z.ZodObject)) {
      const request = await valid(route);
      for (const name of Object.keys((route.body as z.ZodObject).shape)) {
        const body = { ...(request.body as object), [name]: [[]] };
        const reply = await send(route, { ...request, body });
        expect(`${nameOf(route)} ${name}: ${told(reply)}`).toBe(`${nameOf(route)} ${name}: 400 request.invalid`);
        expect(namesOf(reply).map((path) => path.split('.')[0])).toContain(name);
        fields += 1;
      }
    }
    expect(fields).toBeGreaterThan(10);
  });
});

describe('an address', () => {
  test('with a query parameter that nobody knows is refused, naming it', async () => {
    const said = await askAll(
      () => true,
      async (route) => {
        const request = await valid(route);
        const query = `${request.query ?? '?'}&nonsense=1`.replace('?&', '?');
        const reply = await send(route, { ...request, query });
        return `${told(reply)} ${namesOf(reply).join()}`;
      },
    );
    expect(said).toEqual(everyOne(said, '400 request.invalid nonsense'));
  });

  test('of something that does not exist is a 404 with a code of the route', async () => {
    const said = await askAll(
      (route) => paramsOf(route).length > 0,
      async (route) => {
        const params = Object.fromEntries(paramsOf(route).map((name) => [name, 'no-such-thing']));
        const reply = await send(route, { ...(await valid(route)), params });
        return String(reply.status);
      },
    );
    expect(said).toEqual(everyOne(said, '404'));
  });

  test('with a parameter of a thousand characters is refused, naming it', async () => {
    for (const route of api.routes) {
      for (const name of paramsOf(route)) {
        const request = await valid(route);
        const reply = await send(route, { ...request, params: { ...request.params, [name]: 'x'.repeat(1000) } });
        expect(`${nameOf(route)} ${told(reply)} ${namesOf(reply).join()}`).toBe(
          `${nameOf(route)} 400 request.invalid ${name}`,
        );
      }
    }
  });

  test('that cannot be decoded is refused', async () => {
    const said = await askAll(
      (route) => paramsOf(route).length > 0,
      async (route) => {
        const reply = await api.call(route.method.toUpperCase(), route.path.replace(/\{\w+\}/g, '%ff'));
        return told(reply);
      },
    );
    expect(said).toEqual(everyOne(said, '400 request.malformed'));
  });
});

describe('examples', () => {
  test('show every answer and every refusal that a route documents', () => {
    const missing = api.routes.flatMap((route) => {
      const shown = (EXAMPLES[nameOf(route)] ?? []).map(({ status, code }) => [status, code].join(' ').trim());
      const documented = [
        ...Object.keys(route.answers),
        ...route.refusals.flatMap(({ status, codes }) => codes.map((code) => `${status} ${code}`)),
      ];
      return documented
        .filter((what) => !shown.includes(what))
        .map((what) => `${nameOf(route)} ${what}`)
        .filter((what) => !(what in SHOWN_ELSEWHERE));
    });
    expect(missing).toEqual([]);
  });

  test('are of routes and refusals that exist', () => {
    const known = new Map(api.routes.map((route) => [nameOf(route), route]));
    expect(Object.keys(EXAMPLES).filter((name) => !known.has(name))).toEqual([]);
    const elsewhere = Object.keys(SHOWN_ELSEWHERE).filter((what) => {
      const [method, path, , code = ''] = what.split(' ');
      return known.get(`${method} ${path}`)?.refusals.some(({ codes }) => codes.includes(code)) !== true;
    });
    expect(elsewhere).toEqual([]);
  });

  // One test per example, so that a failure says which.
  for (const [name, examples] of Object.entries(EXAMPLES)) {
    for (const { status, code, when, ask } of examples) {
      test(`${name} answers ${status} ${code ?? ''}`.trim(), async () => {
        const asked = when === undefined ? world : await states.of(when);
        const route = asked.api.routes.find((one) => nameOf(one) === name);
        if (route === undefined) throw new Error(`there is no ${name}`);
        const request = await ask(asked);
        const isStream = route.answers[status]?.mediaType !== undefined;
        const said = isStream ? await begin(route, request) : told(await send(route, request, asked.api));
        expect(said).toBe([status, code].join(' ').trim());
      });
    }
  }
});
