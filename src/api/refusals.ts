import { noBody, noParams, noQuery, type Refusal, type Route } from './route.ts';

/** Every refusal that a client of a route can meet: those of its handler, and those of what stands before it. */

/** What the database may be, for every route that asks it. Sent again a moment later, the request may work. */
const DATABASE_AWAY = [
  'db.unreachable',
  'db.pool-exhausted',
  'db.contention',
  'db.timeout',
  'db.read-only',
  'db.full',
  'db.commit-unknown',
] as const;

/** By status, the values of `code`. An unforeseen error (500 `internal`) is a promise broken, and so not among them. */
export function refusalsOf(route: Route): ReadonlyMap<number, readonly string[]> {
  const codes = new Map<number, Set<string>>();
  for (const { status, codes: added } of [...beforeTheHandler(route), ...route.refusals]) {
    const known = codes.get(status) ?? new Set();
    for (const code of added) known.add(code);
    codes.set(status, known);
  }
  return new Map([...codes].map(([status, set]) => [status, [...set]]));
}

function beforeTheHandler(route: Route): Refusal[] {
  const refusals: Refusal[] = [{ status: 400, codes: ['request.invalid'] }];
  if (!route.open) refusals.push({ status: 401, codes: ['auth.required', 'auth.expired', 'auth.bad-token'] });
  if (!route.open && route.method !== 'get') refusals.push({ status: 403, codes: ['auth.cross-site'] });
  if (route.params !== noParams || route.query !== noQuery || route.body !== noBody) {
    refusals.push({ status: 400, codes: ['request.malformed'] });
  }
  if (route.body !== noBody) {
    refusals.push({ status: 413, codes: ['request.too-large'] }, { status: 415, codes: ['request.unsupported-type'] });
  }
  if (!route.open) refusals.push({ status: 503, codes: DATABASE_AWAY });
  return refusals;
}
