import fc from 'fast-check';
import { noBody, type Route } from '../../../src/api/route.ts';
import { hostileJson, hostileText, spoiled, valuesOf } from './values.ts';

/** Requests for a table of routes: some right, some nearly right, some by strangers. All of them can be sent. */

export interface GeneratedRequest {
  readonly method: string;
  /** Below /api/v1, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Replaces the client's own token; undefined keeps it. */
  readonly token: string | undefined;
}

/** Ids and names that exist when the request is sent, so that some requests reach what they name. */
export interface Known {
  readonly contextIds: readonly string[];
  readonly vmNames: readonly string[];
  readonly jobIds: readonly string[];
  readonly credentialIds: readonly string[];
}
type Resolve = (known: Known) => GeneratedRequest;

/** Where a value of this name comes from, when it is to exist. */
const POOL_OF: Readonly<Record<string, keyof Known>> = {
  id: 'jobIds',
  job_id: 'jobIds',
  context_id: 'contextIds',
  vm_name: 'vmNames',
  vm_id: 'vmNames',
};

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/** A value, or a way to find one among what exists. */
type Value = { readonly value: unknown } | { readonly pool: keyof Known; readonly nth: number };

function pick(value: Value, known: Known): unknown {
  if ('value' in value) return value.value;
  const list = known[value.pool];
  return list[value.nth % Math.max(1, list.length)] ?? 'none';
}

export function requestsOf(routes: readonly Route[]): fc.Arbitrary<Resolve> {
  return fc.oneof(...routes.map((route) => ({ weight: weightOf(route), arbitrary: requestOf(route) })));
}

/** What changes something, and takes much to do so, can go wrong in most ways. */
function weightOf({ open, method, body, tag }: Route): number {
  // What asks a cloud that nobody has waits for it.
  if (open || tag === 'cloudstack') return 1;
  if (method === 'get') return 2;
  return body === noBody ? 5 : 15;
}

function requestOf(route: Route): fc.Arbitrary<Resolve> {
  return fc
    .record({
      method: fc.oneof(
        { weight: 14, arbitrary: fc.constant(route.method.toUpperCase()) },
        { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
      ),
      params: fc.record(
        Object.fromEntries(Object.keys(route.params.shape).map((name) => [name, paramOf(route, name)])),
      ),
      query: queryOf(route),
      headers: headersOf(),
      token: fc.oneof({ weight: 14, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.base64String() }),
      body: bodyOf(route),
      tail: fc.oneof({ weight: 19, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom('/', '//x') }),
    })
    .map(({ method, params, query, headers, token, body, tail }) => (known: Known): GeneratedRequest => {
      const path = route.path.replace(/\{(\w+)\}/g, (_match, name: string) =>
        encode(String(pick(params[name] ?? { value: '' }, known))),
      );
      return {
        method,
        path: path + tail + query,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body?.(known),
        token,
      };
    });
}

function paramOf({ path }: Route, name: string): fc.Arbitrary<Value> {
  const pool = path.startsWith('/vmware-credentials/') ? 'credentialIds' : (POOL_OF[name] ?? 'jobIds');
  return fc.oneof(
    { weight: 4, arbitrary: fc.nat().map((nth) => ({ pool, nth })) },
    { weight: 2, arbitrary: hostileText.map((value) => ({ value: value.slice(0, 3_000) })) },
  );
}

/** Keys of the schema with values of all kinds, repeated ones and strangers among them. */
function queryOf(route: Route): fc.Arbitrary<string> {
  const names = Object.keys(route.query.shape);
  const right = valuesOf(route.query).map((value) => Object.entries(value as object) as [string, unknown][]);
  const keys = fc.oneof(
    ...(names.length === 0 ? [] : [fc.constantFrom(...names)]),
    fc.constantFrom('a[b]', '__proto__'),
  );
  const strange = fc.array(fc.tuple(keys, hostileText), { maxLength: 4 });
  const plausible = fc.array(
    fc.tuple(keys, fc.constantFrom('1', '200', '1000', 'pending', 'failed', 'replicate', 'folder', 'WzFd', 'W10')),
    { maxLength: 2 },
  );
  return fc
    .oneof({ weight: 4, arbitrary: fc.constant([]) }, right, strange, plausible)
    .map((pairs) => pairs.map(([key, value]) => `${encode(key)}=${encode(textOf(value)).slice(0, 2_000)}`).join('&'))
    .map((query) => (query === '' ? '' : `?${query.replace(/%[0-9A-F]?$/, '')}`));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** Lone surrogates cannot be encoded and go as the replacement character, as browsers send them. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

function headersOf(): fc.Arbitrary<Record<string, string>> {
  const header = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> =>
    value.map((text) => ({ [name]: text }));
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant({}) },
    header('idempotency-key', fc.constantFrom('same', 'k'.repeat(191), 'k'.repeat(192), 'a b', ' ', 'ÿ')),
    header('x-request-id', fc.constantFrom('mine-1', 'x'.repeat(65), '"', '<b>')),
    header('content-type', fc.constantFrom('text/plain', 'application/json; charset=utf-16', '/', 'application/xml')),
    header('content-encoding', fc.constantFrom('gzip', 'br', 'nonsense')),
    header('cookie', fc.constantFrom('migratekit_session=x', ';;;=', 'migratekit_session=')),
    header('accept', fc.constantFrom('text/html', '', '*/*;q=x', 'application/xml')),
    header('last-event-id', fc.constantFrom('-1', '99999999999999999999', 'x', '0')),
    header('if-match', fc.constantFrom('*', '"1"', 'W/"x"', ',', '"')),
    header('origin', fc.constantFrom('null', 'https://evil.example', ':')),
  );
}

type Body = ((known: Known) => string) | undefined;

function bodyOf(route: Route): fc.Arbitrary<Body> {
  const strange = fc.oneof(
    hostileJson.map(
      (value): Body =>
        () =>
          JSON.stringify(value),
    ),
    fc
      .constantFrom('', '{', '[', 'null', '"x"', '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '\uFEFF{}', '{"a":1e999}')
      .map(
        (text): Body =>
          () =>
            text,
      ),
    fc.constantFrom(200, 20_000).map(
      (depth): Body =>
        () =>
          '['.repeat(depth) + ']'.repeat(depth),
    ),
    fc.constant<Body>(() => JSON.stringify({ vm_name: 'x'.repeat(1_100_000) })),
  );
  if (route.body === noBody) {
    return fc.oneof({ weight: 9, arbitrary: fc.constant<Body>(undefined) }, { weight: 1, arbitrary: strange });
  }
  const right = valuesOf(route.body).chain((value) => fc.tuple(fc.constant(value), fc.nat(), fc.nat(9)));
  const fitting = right.map(
    ([value, nth, existing]): Body =>
      (known) =>
        JSON.stringify(pointed(value, known, { nth, existing })),
  );
  const wrong = valuesOf(route.body)
    .chain(spoiled)
    .map(
      (value): Body =>
        () =>
          JSON.stringify(value),
    );
  return fc.oneof(
    { weight: 6, arbitrary: fitting },
    { weight: 3, arbitrary: wrong },
    { weight: 1, arbitrary: strange },
  );
}

/**
 * Of the names of a VM that a body may have, one: two contradict each other, and every such request would end there.
 * Mostly one that exists.
 */
function pointed(value: unknown, known: Known, by: { nth: number; existing: number }): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = { ...(value as Record<string, unknown>) };
  const ways = ['context_id', 'vm_name', 'source_vm'].filter((name) => name in fields && fields[name] !== null);
  const kept = ways[by.nth % Math.max(1, ways.length)];
  for (const way of ways) if (way !== kept) delete fields[way];
  const pool = POOL_OF[kept ?? ''];
  if (kept !== undefined && pool !== undefined && by.existing > 2) fields[kept] = pick({ pool, nth: by.nth }, known);
  return fields;
}
