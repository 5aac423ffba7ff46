import { clearSessionCookie } from '../auth/cookie.ts';
import { refuseOtherSites } from '../auth/authenticate.ts';
import { sessionCookie } from '../auth/cookie.ts';
import { signIn } from '../auth/sign-in.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { LoggedIn, LoggedOut, Login } from '../schemas/auth.ts';

export const authRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    method: 'post',
    path: '/auth/login',
    summary: 'Sign in',
    description: 'Answers with a session token and sets it as a cookie (HttpOnly, SameSite=Strict) for browsers.',
    tag: 'auth',
    open: true,
    params: noParams,
    query: noQuery,
    body: Login,
    answers: { 200: { description: 'signed in', schema: LoggedIn, headers: ['Set-Cookie'] } },
    refusals: [
      { status: 401, codes: ['auth.bad-credentials'] },
      { status: 429, codes: ['auth.too-many-attempts'] },
      { status: 503, codes: ['auth.busy'] },
    ],
    async handle({ body, req }) {
      const session = await signIn(context, req, body);
      const expires_at = session.expiresAt.toISOString();
      return { status: 200, body: { success: true, session_token: session.token, expires_at } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/auth/logout',
    summary: 'Sign out of the browser',
    description: 'Removes the cookie. A token that was copied elsewhere stays valid until it expires.',
    tag: 'auth',
    open: true,
    params: noParams,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the cookie is removed', schema: LoggedOut, headers: ['Set-Cookie'] } },
    refusals: [{ status: 403, codes: ['auth.cross-site'] }],
    handle({ req }) {
      if (sessionCookie(req) !== undefined) refuseOtherSites(req);
      clearSessionCookie(req);
      return Promise.resolve({ status: 200, body: { success: true } });
    },
  }),
];
