import type { CookieOptions, Request } from 'express';

/** The session of a browser. Programs send the same token as `Authorization: Bearer`. */
const NAME = 'migratekit_session';

/** Browsers add nothing but the token by themselves, and never on behalf of another site. */
function options(req: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: req.secure };
}

export function setSessionCookie(req: Request, session: { token: string; expiresAt: Date }): void {
  req.res?.cookie(NAME, session.token, { ...options(req), expires: session.expiresAt });
}

export function clearSessionCookie(req: Request): void {
  req.res?.clearCookie(NAME, options(req));
}

/** The token in the cookie, or undefined. */
export function sessionCookie(req: Request): string | undefined {
  for (const pair of (req.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === NAME && value !== undefined && value !== '') return value;
  }
  return undefined;
}
