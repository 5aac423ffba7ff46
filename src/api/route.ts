import type { Express, Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { sleep } from '../base/clock.ts';
import { upstream } from '../base/errors.ts';
import { invariant } from '../base/invariant.ts';
import { SECOND } from '../base/units.ts';
import { onlyJsonBody, parseRequest } from '../http/server.ts';
import type { AnswerHeader } from './openapi/headers.ts';

/**
 * One route of the API: where it is, what it takes, what it answers and what it does. The server, the OpenAPI document
 * and the tests all read this one object, so none of them can know a route that the others do not.
 */

/** What a handler receives: parsed input, and the request for the few that need more of it. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Who asks; empty on open routes. */
  readonly user: string;
  readonly req: Request;
}

export interface Answer {
  readonly status: number;
  /** Absent for 204. */
  readonly body?: unknown;
  /** Instead of a body: takes the response over, writes its head and ends it some day. Must not throw. */
  readonly stream?: (res: Response) => void;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AnswerSpec {
  readonly description: string;
  /** Absent for an answer without a body. */
  readonly schema?: z.ZodType;
  /** Headers that it has besides X-Request-Id. */
  readonly headers?: readonly AnswerHeader[];
  /** application/json where absent. Only JSON has the schema as its body; of a stream it describes the text. */
  readonly mediaType?: 'text/event-stream';
}

/** A refusal that clients can expect, by status; `codes` are the values of `code` in the problem document. */
export interface Refusal {
  readonly status: number;
  readonly codes: readonly string[];
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Below /api/v1, parameters in braces: /replications/{id} */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Needs no session. */
  readonly open: boolean;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  readonly body: z.ZodType;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  readonly refusals: readonly Refusal[];
  /** How long its answer may take; what only asks the database has 15 s. */
  readonly answersWithinMs: number;
  readonly run: (req: Request, user: string) => Promise<Answer>;
}

/** For routes that take none of them. */
export const noParams = z.object({});
export const noQuery = z.strictObject({});
export const noHeaders = z.object({});
export const noBody = z.unknown();

type Fields = 'method' | 'path' | 'summary' | 'description' | 'tag' | 'answers';
type RouteSpec<P, Q, B> = Pick<Route, Fields> & {
  readonly open?: boolean;
  readonly params: z.ZodObject & z.ZodType<P>;
  readonly query: z.ZodObject & z.ZodType<Q>;
  /** Only documented: the handler reads them from the request. */
  readonly headers?: z.ZodObject;
  readonly body: z.ZodType<B>;
  readonly refusals?: readonly Refusal[];
  readonly answersWithinMs?: number;
  readonly handle: (call: Call<P, Q, B>) => Promise<Answer>;
};

/** Fixes the types of a route: its handler sees exactly what the schemas let through. */
export function defineRoute<P, Q, B>(spec: RouteSpec<P, Q, B>): Route {
  const { handle, ...rest } = spec;
  return {
    ...rest,
    open: spec.open ?? false,
    headers: spec.headers ?? noHeaders,
    refusals: spec.refusals ?? [],
    answersWithinMs: spec.answersWithinMs ?? ANSWER_WITHIN_MS,
    run: async (req, user) => {
      // Express makes both without a prototype, which schemas take for no object.
      const params = parseRequest(spec.params, { ...req.params });
      const query = parseRequest(spec.query, { ...req.query });
      const body = parseRequest(spec.body, req.body);
      return handle({ params, query, body, user, req });
    },
  };
}

export interface Mounting {
  readonly prefix: string;
  readonly routes: readonly Route[];
  readonly authenticated: RequestHandler;
}

/** Adds the routes to the app, in their order: a fixed path must come before a pattern that would also match it. */
export function mountRoutes(app: Express, mounting: Mounting): void {
  for (const route of mounting.routes) {
    const path = mounting.prefix + route.path.replace(/\{(\w+)\}/g, ':$1');
    const guards = [...(route.open ? [] : [mounting.authenticated]), ...(route.body === noBody ? [] : [onlyJsonBody])];
    app[route.method](path, ...guards, async (req: Request, res: Response) => {
      send(res, await inTime(route.run(req, res.locals.user ?? ''), route.answersWithinMs), route);
    });
  }
}

/** Routes only wait for the database, and briefly for a peer: whoever waits longer waits for a database that hangs. */
const ANSWER_WITHIN_MS = 15 * SECOND;

/**
 * What a request asked for may still happen after this gave up; sent again, it finds what the first did.
 * @throws upstream `db.unreachable`
 */
export async function inTime<T>(answer: Promise<T>, withinMs = ANSWER_WITHIN_MS): Promise<T> {
  const answered = new AbortController();
  const late = sleep(withinMs, answered.signal).then(() => {
    throw upstream('db.unreachable', `the database does not answer within ${withinMs / SECOND} s`, {
      hint: 'check that MariaDB runs; a request that changes something may still have been done',
    });
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort(new Error('answered'));
    late.catch(() => undefined);
  }
}

function send(res: Response, answer: Answer, route: Route): void {
  invariant(answer.status in route.answers, `${route.method} ${route.path} does not document ${answer.status}`);
  res.status(answer.status);
  // Progress and inventories must not be answered from a cache on the way; an answer may say that it can.
  res.set('cache-control', 'no-store');
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.set(name, value);
  if (answer.stream !== undefined && res.req.method !== 'HEAD') answer.stream(res);
  else if (answer.body === undefined) res.end();
  else res.json(answer.body);
}
