import type { Request, RequestHandler } from 'express';
import { AppError } from '../../base/errors.ts';
import { userOf } from '../auth/authenticate.ts';
import type { Sessions } from '../auth/sessions.ts';

const PATH_LENGTH_MAX = 1_000;

/**
 * Lets through who has a session; others are sent to the login page, and come back after it. Where `isProgram` says so,
 * and for a request that would change something, the refusal is thrown instead.
 * @throws notAllowed `auth.required`, `auth.expired`, `auth.bad-token`, `auth.cross-site`
 */
export function signedIn(sessions: Sessions, isProgram: (req: Request) => boolean = () => false): RequestHandler {
  return async (req, res, next) => {
    try {
      res.locals.user = await userOf(sessions, req);
    } catch (error) {
      const isRead = req.method === 'GET' || req.method === 'HEAD';
      if (!(error instanceof AppError && error.kind === 'not-allowed') || !isRead || isProgram(req)) throw error;
      res.set('cache-control', 'no-store');
      res.redirect(303, loginFor(req.originalUrl));
      return;
    }
    next();
  };
}

/** The login page that leads back to `path`. */
export function loginFor(path: string): string {
  return path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}`;
}

/** Where to go after the login: a path of this server, whatever was given. */
export function safeNext(given: unknown): string {
  // Browsers read a backslash as a slash, and skip tabs and line ends: what is left must be one plain path.
  if (
    typeof given !== 'string' ||
    given.length > PATH_LENGTH_MAX ||
    !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(given)
  ) {
    return '/';
  }
  const { pathname } = new URL(given, 'http://here');
  return pathname === '/login' || pathname === '/logout' ? '/' : given;
}
