import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { invalidRequest, notFound, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { PROBLEM_TYPE, toProblem } from './problem.ts';
import { refuseUnreadable } from './unreadable.ts';

/**
 * What the API and both daemons share as HTTP servers: request ids, JSON bodies with a limit, problem documents,
 * start on a port and an orderly stop. Each of them adds its own routes and its own idea of who may call.
 */

/** A body larger than this is refused with 413: the largest honest one is the spec of a VM with many disks. */
const BODY_LIMIT = '1mb';

declare module 'express-serve-static-core' {
  interface Locals {
    requestId?: string;
  }
}

/** Id of the request: the client's `X-Request-Id` when it is harmless, else a new one. Echoed in the answer. */
const requestIds: RequestHandler = (req, res, next) => {
  const given = req.get('x-request-id');
  const id = given !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
  res.locals.requestId = id;
  res.set('x-request-id', id);
  next();
};

/** HTTP/1.1 demands it (RFC 9112, 3.2). Node would refuse it by itself, but without a problem document. */
const requireHost: RequestHandler = (req, _res, next) => {
  if (req.httpVersion === '1.1' && req.get('host') === undefined) {
    throw invalidRequest('request.malformed', 'the request has no Host header', { hint: 'send the header Host' });
  }
  next();
};

/** Reads a JSON body with a limit. A compressed one is refused (415): nobody needs it, and unpacking can fail in its own ways. */
const jsonBody = express.json({ limit: BODY_LIMIT, strict: true, inflate: false, reviver: onlyUnicode });

/** Half a surrogate pair (\ud800) is no character: JSON can write it, no database can keep it. */
function onlyUnicode(key: string, value: unknown): unknown {
  if (key.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())) return value;
  throw new SyntaxError('a string holds half a surrogate pair');
}

/**
 * For routes that take a body. One of another kind is refused: taken for an empty body, it would be refused for fields
 * that its sender did send.
 * @throws invalidRequest `request.unsupported-type` (415), `request.malformed`, `request.too-large` (413)
 */
export const onlyJsonBody: RequestHandler = (req, res, next) => {
  const isEmpty = req.get('content-length') === '0';
  if (!isEmpty && req.is('application/json') === false) {
    throw invalidRequest('request.unsupported-type', 'the body of the request is not JSON', {
      details: { status: 415 },
      hint: 'send one JSON object with content-type application/json',
    });
  }
  jsonBody(req, res, next);
};

/** An Express app with what every server of ours needs before its routes, and their JSON bodies read. */
export function newApp(): Express {
  return bareApp().use(jsonBody);
}

/** The same without bodies: each route that takes one reads it, after it knows who asks. */
export function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  // Extended query syntax would turn ?a[b]=c into objects; ours are flat.
  app.set('query parser', 'simple');
  app.use(requestIds, requireHost);
  return app;
}

/** Whatever is away or busy may be back by then. */
const RETRY_AFTER_S = '5';

/** Call after the last route: unknown paths and every error become problem documents, and the log gets one line. */
export function endWithProblems(app: Express, log: Logger): void {
  app.use((req: Request) => {
    throw notFound('route.unknown', `there is no ${req.method} ${req.path}`, { hint: 'see GET /api/v1/openapi.json' });
  });
  // Express knows an error handler by its four parameters.
  // eslint-disable-next-line max-params
  app.use((thrown: unknown, req: Request, res: Response, next: NextFunction) => {
    const error = toAppError(thrown);
    const problem = toProblem(thrown, { path: req.path, requestId: res.locals.requestId ?? 'none' });
    const line = { requestId: problem.request_id, method: req.method, path: req.path, code: problem.code };
    if (problem.status >= 500) log.error({ ...line, err: error }, 'request failed');
    else log.debug(line, 'request refused');
    if (res.headersSent) {
      next(thrown);
      return;
    }
    if (problem.status === 503 && res.get('retry-after') === undefined) res.set('retry-after', RETRY_AFTER_S);
    res.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  });
}

/** Parses a body, a query or path parameters; what does not fit is a 400 that names each bad field. */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(badFields);
  const first = errors[0];
  throw invalidRequest(
    'request.invalid',
    `the request does not fit: ${[first?.path, first?.message].filter(Boolean).join(' ')}`,
    {
      details: { errors },
      hint: 'errors lists each field that does not fit',
    },
  );
}

/** One entry per field: a field that nobody knows has no path of its own in zod's issue. */
function badFields(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not known here' }));
}

export interface RunningServer {
  /** http://host:port, without a path. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets requests end, and cuts what still runs after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

export interface HttpLimits {
  /** From its first byte to its last, a request may take this long. Answers may take longer. */
  readonly requestTimeoutMs: number;
  /** The same for its headers alone. */
  readonly headersTimeoutMs: number;
}

/** Slow requests of strangers must not hold a socket for ever. */
const LIMITS: HttpLimits = { requestTimeoutMs: 60_000, headersTimeoutMs: 10_000 };
/** All headers of a request together: a session, a few cookies, and room. */
const HEADER_LIMIT_BYTES = 16 * 1024;

/** Listens; resolves when a connection would succeed. `port` 0 takes a free one. */
export async function listen(
  app: Express,
  at: { readonly host: string; readonly port: number },
  limits: HttpLimits = LIMITS,
): Promise<RunningServer> {
  const server = createServer(
    {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      requireHostHeader: false,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      // How often Node looks for requests that take too long.
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    },
    app,
  );
  refuseUnreadable(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return { url: `http://${host}:${port}`, port, close: (graceMs = 5_000) => closeServer(server, graceMs) };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
