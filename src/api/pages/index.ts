import express, { type Express } from 'express';
import { join } from 'node:path';
import { refuseOtherSites } from '../auth/authenticate.ts';
import { clearSessionCookie } from '../auth/cookie.ts';
import type { ApiContext } from '../context.ts';
import { cancelJob, showJob } from './job.ts';
import { showJobs } from './jobs.ts';
import { showLanding } from './landing.ts';
import { login, showLogin } from './login.ts';
import { page } from './problem-page.ts';
import { signedIn } from './signed-in.ts';

/**
 * The few pages of the API itself: sign in and out, what there is, the jobs. Made here from what the database has; the
 * script in assets/ only keeps them fresh. src/console is the place for more.
 */
export function mountPages(app: Express, context: ApiContext): void {
  const form = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 });
  const guard = signedIn(context.sessions);
  app.use(express.static(join(context.config.home, 'src/api/pages/assets'), { index: false, redirect: false }));
  app.get('/login', page(showLogin));
  app.post(
    '/login',
    form,
    page((req, res) => login(context, req, res)),
  );
  app.post('/logout', (req, res) => {
    refuseOtherSites(req);
    clearSessionCookie(req);
    res.redirect(303, '/login');
  });
  app.get(
    '/',
    guard,
    page((req, res) => showLanding(context, req, res)),
  );
  app.get(
    '/jobs',
    guard,
    page((req, res) => showJobs(context, req, res)),
  );
  app.get(
    '/jobs/:id',
    guard,
    page((req, res) => showJob(context, req, res)),
  );
  app.post(
    '/jobs/:id/cancel',
    guard,
    page((req, res) => cancelJob(context, req, res)),
  );
}
