import type { Request, RequestHandler } from 'express';
import { notAllowed } from '../../base/errors.ts';
import { bearerToken } from '../../http/bearer.ts';
import { sessionCookie } from './cookie.ts';
import type { Session, Sessions } from './sessions.ts';

declare module 'express-serve-static-core' {
  interface Locals {
    /** Who asks; set by `authenticated`. */
    user?: string;
    /** When the session ends, epoch milliseconds: a stream must not outlive it. */
    sessionEndsAt?: number;
  }
}

/**
 * Lets through who brings a session: as bearer token, or as the cookie of a browser.
 * @throws notAllowed `auth.required`, `auth.expired`, `auth.bad-token` (401), `auth.cross-site` (403)
 */
export function authenticated(sessions: Sessions): RequestHandler {
  return async (req, res, next) => {
    const { user, expiresAt } = await sessionOf(sessions, req);
    res.locals.user = user;
    res.locals.sessionEndsAt = expiresAt.getTime();
    next();
  };
}

/** The user of the request's session, however it travels. Throws as `authenticated`. */
export async function userOf(sessions: Sessions, req: Request): Promise<string> {
  return (await sessionOf(sessions, req)).user;
}

async function sessionOf(sessions: Sessions, req: Request): Promise<Session> {
  const bearer = bearerToken(req.get('authorization'));
  if (bearer !== undefined) return sessions.sessionOf(bearer);
  const cookie = sessionCookie(req);
  if (cookie === undefined) {
    throw notAllowed('auth.required', 'this needs a session', {
      hint: 'sign in with POST /api/v1/auth/login and send the token as Authorization: Bearer ...',
    });
  }
  refuseOtherSites(req);
  return sessions.sessionOf(cookie);
}

/**
 * A browser sends the cookie by itself, so a request that changes something must come from one of our own pages.
 * SameSite=Strict says so already; this holds where a sub-domain or an old browser makes it mean less.
 * Requests that only read pass: another site can cause them but not see the answer.
 */
export function refuseOtherSites(req: Request): void {
  if (req.method === 'GET' || req.method === 'HEAD') return;
  const site = req.get('sec-fetch-site');
  if (site === undefined ? originIsOurs(req) : site === 'same-origin') return;
  throw notAllowed('auth.cross-site', 'this request comes from another site', {
    details: { status: 403 },
    hint: 'programs send the session as Authorization: Bearer ...',
  });
}

function originIsOurs(req: Request): boolean {
  const origin = req.get('origin');
  const host = req.get('host');
  return origin !== undefined && host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
