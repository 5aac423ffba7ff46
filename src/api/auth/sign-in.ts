import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { AppError, notAllowed } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';
import type { ApiContext } from '../context.ts';
import type { Login } from '../schemas/auth.ts';
import { setSessionCookie } from './cookie.ts';
import type { IssuedSession } from './sessions.ts';

/**
 * Checks a login and opens a session: sets the cookie, returns the token. Used by the API and by the login page.
 * @throws notAllowed `auth.bad-credentials` (401), `auth.too-many-attempts` (429); busy `auth.busy`
 */
export async function signIn(context: ApiContext, req: Request, login: Login): Promise<IssuedSession> {
  const address = req.socket.remoteAddress ?? 'unknown';
  const name = 'username' in login ? login.username : login.appliance_id;
  admit(context, req, { address, name });
  const right =
    'username' in login ? await context.users.check(name, login.password) : isAppliance(context, login.token);
  if (!right) {
    apiLog.warn({ address, name, requestId: req.res?.locals.requestId }, 'sign-in refused');
    throw badCredentials();
  }
  context.loginGuard.succeeded(address, name);
  const session = await context.sessions.issue(name, context.config.api.sessionHours);
  setSessionCookie(req, session);
  apiLog.info({ address, name, requestId: req.res?.locals.requestId }, 'signed in');
  return session;
}

function admit(context: ApiContext, req: Request, who: { readonly address: string; readonly name: string }): void {
  try {
    context.loginGuard.admit(who.address, who.name);
  } catch (error) {
    const seconds = error instanceof AppError ? error.details['retryAfterS'] : undefined;
    if (typeof seconds === 'number') req.res?.set('retry-after', String(seconds));
    apiLog.warn(who, 'too many sign-ins refused');
    throw error;
  }
}

/** Without a token in the settings no appliance may sign in. */
function isAppliance(context: ApiContext, given: string): boolean {
  const expected = context.config.api.applianceToken?.reveal();
  return expected !== undefined && timingSafeEqual(digest(given), digest(expected));
}

/** The same for a name that does not exist and for a wrong password. */
function badCredentials(): AppError {
  return notAllowed('auth.bad-credentials', 'name or password is not right', {
    hint: 'on the appliance, ./migratekit admin password prints the password of the first admin',
  });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
