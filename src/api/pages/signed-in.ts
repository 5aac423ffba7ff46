import type { Request, RequestHandler } from 'express';
import { AppError } from '../../base/errors.ts';
import { userOf } from '../auth/authenticate.ts';
import type { Sessions } from '../auth/sessions.ts';
import { showProblem } from './problem-page.ts';

const PATH_LENGTH_MAX = 1_000;

/**
 * Lets through who has a session; others are sent to the login page, and come back after it. A form of theirs is
 * refused with a page that says why. Where `isProgram` says so the refusal is thrown instead.
 * @throws notAllowed `auth.required`, `auth.expired`, `auth.bad-token`, `auth.cross-site`
 */
export function signedIn(sessions: Sessions, isProgram: (req: Request) => boolean = () => false): RequestHandler {
  return async (req, res, next) => {
    try {
      res.locals.user = await userOf(sessions, req);
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'not-allowed') || isProgram(req)) throw error;
      res.set('cache-control', 'no-store');
      if (req.method === 'GET' || req.method === 'HEAD') res.redirect(303, loginFor(req.originalUrl));
      else showProblem(req, res, { error });
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
