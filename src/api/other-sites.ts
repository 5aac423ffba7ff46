import cors, { type CorsOptions } from 'cors';
import type { RequestHandler } from 'express';
import { MINUTE, SECOND } from '../base/units.ts';
import { ANSWER_HEADERS } from './openapi/headers.ts';

/** What the page of a named site may do: everything that a program may, with a token or with the cookie to read. */
const NAMED: CorsOptions = {
  origin: true,
  credentials: true,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
  allowedHeaders: [
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Last-Event-ID',
    'X-Request-Id',
  ],
  exposedHeaders: Object.keys(ANSWER_HEADERS).filter((name) => name !== 'Set-Cookie'),
  maxAge: (10 * MINUTE) / SECOND,
};

/**
 * Lets pages of the named origins use the API (CORS), credentials included; every other page gets no permission at
 * all, and its browser keeps the answer from it. Nobody is named by default.
 */
export function otherSites(origins: readonly string[]): RequestHandler {
  const named = new Set(origins);
  const permit = cors<Parameters<RequestHandler>[0]>((req, decide) => {
    decide(null, named.has(req.get('origin') ?? '') ? NAMED : { origin: false });
  });
  return (req, res, next) => {
    // A cache must not hand the answer for one site to another.
    if (named.size > 0) res.vary('origin');
    permit(req, res, next);
  };
}
