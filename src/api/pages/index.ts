import express, { type Express, type Request, type Response } from 'express';
import { AppError, invalidRequest } from '../../base/errors.ts';
import { refuseOtherSites, userOf } from '../auth/authenticate.ts';
import { clearSessionCookie } from '../auth/cookie.ts';
import { signIn } from '../auth/sign-in.ts';
import type { ApiContext } from '../context.ts';
import { escapeHtml, renderPage, STYLE } from './layout.ts';

/** The pages of the API itself: sign in, sign out, and what there is. */
export function mountPages(app: Express, context: ApiContext): void {
  const form = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 });
  app.get('/style.css', (_req, res) => {
    res.type('css').send(STYLE);
  });
  app.get('/', (req, res) => landing(context, req, res));
  app.get('/login', (_req, res) => {
    show(res, loginForm());
  });
  app.post('/login', form, (req, res) => login(context, req, res));
  app.post('/logout', (req, res) => {
    refuseOtherSites(req);
    clearSessionCookie(req);
    res.redirect(303, '/login');
  });
}

async function landing(context: ApiContext, req: Request, res: Response): Promise<void> {
  let user: string;
  try {
    user = await userOf(context.sessions, req);
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'not-allowed')) throw error;
    res.redirect(303, '/login');
    return;
  }
  show(res, overview(user, context.version));
}

async function login(context: ApiContext, req: Request, res: Response): Promise<void> {
  refuseOtherSites(req);
  const { username, password } = credentials(req.body);
  try {
    await signIn(context, req, { username, password });
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'not-allowed')) throw error;
    const status = error.details['status'];
    res.status(typeof status === 'number' ? status : 401);
    show(res, loginForm(error.message));
    return;
  }
  res.redirect(303, '/');
}

function credentials(body: unknown): { username: string; password: string } {
  const fields = new Map(Object.entries(Object(body) as Record<string, unknown>));
  const username = fields.get('username');
  const password = fields.get('password');
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw invalidRequest('request.invalid', 'username and password are needed');
}

function show(res: Response, body: string): void {
  res.set('cache-control', 'no-store');
  res.type('html').send(renderPage({ title: 'Sign in', body }));
}

const loginForm = (problem?: string): string => `
      ${problem === undefined ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
      <form method="post" action="/login">
        <label>User <input name="username" autocomplete="username" maxlength="64" required autofocus></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" maxlength="1000" required></label>
        <button>Sign in</button>
      </form>`;

const LINKS: readonly [path: string, text: string][] = [
  ['/api/v1/vm-contexts', 'Virtual machines'],
  ['/api/v1/replications', 'Replications'],
  ['/api/v1/jobs', 'Jobs'],
  ['/api/v1/health', 'Health'],
  ['/api/v1/openapi.json', 'Description of the API (OpenAPI)'],
];

const overview = (user: string, version: string): string => `
      <p>Version ${escapeHtml(version)}. Signed in as ${escapeHtml(user)}.</p>
      <ul>
${LINKS.map(([path, text]) => `        <li><a href="${path}">${text}</a></li>`).join('\n')}
      </ul>
      <form method="post" action="/logout"><button>Sign out</button></form>`;
