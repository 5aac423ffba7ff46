import type { Request, Response } from 'express';
import { AppError, invalidRequest } from '../../base/errors.ts';
import { refuseOtherSites } from '../auth/authenticate.ts';
import { signIn } from '../auth/sign-in.ts';
import type { ApiContext } from '../context.ts';
import { sendPage } from './layout.ts';
import { markup, type Html } from './markup.ts';
import { safeNext } from './signed-in.ts';

export function showLogin(req: Request, res: Response): Promise<void> {
  sendPage(res, { title: 'Sign in', body: loginForm({ next: safeNext(req.query['next']) }) });
  return Promise.resolve();
}

/** Signs in and goes on to where the visitor wanted to go. */
export async function login(context: ApiContext, req: Request, res: Response): Promise<void> {
  refuseOtherSites(req);
  const { username, password, next } = credentials(req.body);
  try {
    await signIn(context, req, { username, password });
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'not-allowed')) throw error;
    const status = error.details['status'];
    res.status(typeof status === 'number' ? status : 401);
    sendPage(res, { title: 'Sign in', body: loginForm({ next, problem: error.message }) });
    return;
  }
  res.redirect(303, next);
}

function credentials(body: unknown): { username: string; password: string; next: string } {
  const fields = new Map(Object.entries(Object(body) as Record<string, unknown>));
  const username = fields.get('username');
  const password = fields.get('password');
  if (typeof username === 'string' && typeof password === 'string') {
    return { username, password, next: safeNext(fields.get('next')) };
  }
  throw invalidRequest('request.invalid', 'username and password are needed');
}

const loginForm = ({ next, problem }: { readonly next: string; readonly problem?: string }): Html => markup`
      ${problem !== undefined && markup`<p class="problem" role="alert">${problem}</p>`}
      <form class="stack" method="post" action="/login">
        <input type="hidden" name="next" value="${next}">
        <label>User <input name="username" autocomplete="username" maxlength="64" required autofocus></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" maxlength="1000" required></label>
        <button>Sign in</button>
      </form>`;
