import { Problem } from '../../src/api/schemas/fields.ts';
import { refusalsOf } from '../../src/api/refusals.ts';
import type { Route } from '../../src/api/route.ts';

/** What a route promises, held against an answer of it. */

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

export interface Asked {
  readonly method: string;
  /** Below /api/v1, as sent. */
  readonly path: string;
}

/** What stands before all routes may refuse like this. */
const OF_NO_ROUTE: Readonly<Record<number, readonly string[]>> = {
  404: ['route.unknown'],
  400: ['request.malformed'],
};

/**
 * Every answer has the schema of its route and status. Every refusal is a problem document with its own status, a code
 * that the route documents, the id of the request and a hint.
 * @throws Error that says which promise was broken
 */
export function holdAgainstPromise(routes: readonly Route[], asked: Asked, answered: Answered): void {
  const route = routeOf(routes, asked);
  const name = route === undefined ? 'no route' : `${route.method.toUpperCase()} ${route.path}`;
  if (answered.status >= 400) {
    holdRefusal(name, route === undefined ? new Map() : refusalsOf(route), answered);
    return;
  }
  const promised = route?.answers[answered.status];
  if (promised === undefined) throw new Error(`${name} does not promise ${answered.status}`);
  if (promised.schema === undefined) {
    if (answered.body !== undefined) throw new Error(`${name} promises no body with ${answered.status}`);
    return;
  }
  const extra = undocumented(answered.body, promised.schema.parse(answered.body));
  if (extra.length > 0) throw new Error(`${name} ${answered.status} does not document ${extra.join(', ')}`);
}

/** Fields that the answer has and its schema does not: parsing leaves them out. */
function undocumented(answer: unknown, parsed: unknown, at = ''): string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  const known = new Map(Object.entries(Object(parsed) as object));
  return Object.entries(answer).flatMap(([field, value]) =>
    known.has(field) ? undocumented(value, known.get(field), `${at}${field}.`) : [`${at}${field}`],
  );
}

function holdRefusal(
  name: string,
  promised: ReadonlyMap<number, readonly string[]>,
  { status, headers, body }: Answered,
): void {
  const problem = Problem.parse(body);
  const broken = (what: string): Error => new Error(`${name}: ${what}: ${JSON.stringify(problem)}`);
  if (problem.status !== status) throw broken(`HTTP says ${status}`);
  if (!(headers.get('content-type') ?? '').startsWith('application/problem+json')) {
    throw broken('a refusal must be application/problem+json');
  }
  if (headers.get('x-request-id') !== problem.request_id) throw broken('the header has another request id');
  if ((problem.hint ?? '') === '') throw broken('a refusal must have a hint');
  const codes = [...(promised.get(status) ?? []), ...(name === 'no route' ? (OF_NO_ROUTE[status] ?? []) : [])];
  if (!codes.includes(problem.code)) throw broken(`it does not document ${status} ${problem.code}`);
}

/** The first route that would take the request, as in the server. */
export function routeOf(routes: readonly Route[], { method, path }: Asked): Route | undefined {
  const [plain = ''] = path.split('?');
  return routes.find((route) => route.method === methodOf(method) && patternOf(route).test(plain));
}

/** Express answers HEAD with what it would answer to GET, without its body. */
const methodOf = (method: string): string => (method === 'HEAD' ? 'get' : method.toLowerCase());

/** As Express matches by default: letters of either case, and a slash at the end makes no difference. */
const patternOf = (route: Route): RegExp =>
  new RegExp(`^${route.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i');
