import { createBullBoard } from '@bull-board/api';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { join } from 'node:path';
import { invalidRequest } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { vmsOfJobs } from '../../db/stores/job-vm-store.ts';
import type { ApiContext } from '../context.ts';
import { showProblem } from '../pages/problem-page.ts';
import { signedIn } from '../pages/signed-in.ts';
import { BoardAdapter, redisAway } from './adapter.ts';
import { shownQueues } from './queues.ts';
import { vmNames } from './vm-names.ts';

const BOARD_PATH = '/admin/queues';

const POLL_MS = 5 * SECOND;

/** What its page needs, and no more: see docs/decisions/0009-pages-and-bull-board.md. */
const boardPolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    workerSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
});

/**
 * Bull Board, to look at and not to touch: the row is the job, so whatever is changed in Redis the ledger undoes. Who
 * has not signed in is sent to the login page, programs get 401.
 */
export function mountBoard(app: Express, context: ApiContext): void {
  const adapter = new BoardAdapter(context.board).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: shownQueues(
      context.board.queues,
      vmNames((jobIds) => vmsOfJobs(context.db, jobIds)),
    ),
    serverAdapter: adapter,
    options: {
      uiBasePath: join(context.config.home, 'node_modules/@bull-board/ui'),
      uiConfig: {
        boardTitle: 'MigrateKit OSSEA',
        boardLogo: { path: '/icon.svg', width: 24, height: 24 },
        favIcon: { default: '/icon.svg', alternative: '/icon.svg' },
        miscLinks: [
          { text: 'Jobs', url: '/jobs' },
          { text: 'Overview', url: '/' },
        ],
        locale: { lng: 'en-US' },
        pollingInterval: { showSetting: false, forceInterval: POLL_MS / SECOND },
        hideDocsLink: true,
        hideRedisDetails: true,
        showMetrics: false,
        showWorkers: false,
        sortQueues: false,
      },
    },
  });
  const board = adapter.getRouter() as RequestHandler;
  app.use(BOARD_PATH, signedIn(context.sessions, isProgram), boardPolicy, lookOnly, pageWithRedis(context), board);
}

/** The board's page asks below /api; a browser that opens a page asks for HTML. */
const isProgram = (req: Request): boolean => req.path.startsWith('/api/') || !req.accepts('html');

/** @throws invalidRequest `board.read-only` (405) */
function lookOnly(req: Request, res: Response, next: NextFunction): void {
  if (req.method === 'GET' || req.method === 'HEAD') {
    if (!req.path.startsWith('/static/')) res.set('cache-control', 'no-store');
    next();
    return;
  }
  res.set('allow', 'GET, HEAD');
  throw invalidRequest('board.read-only', 'the queues can be looked at here, not changed', {
    details: { status: 405 },
    hint: 'cancel a job on its own page, or with POST /api/v1/replications/{id}/cancel',
  });
}

/** Without Redis the board's page would stay empty: a page of ours says why, and looks again. */
function pageWithRedis(context: ApiContext): RequestHandler {
  return (req, res, next) => {
    const isPage = !req.path.startsWith('/api/') && !req.path.startsWith('/static/');
    if (!isPage || context.board.isReady()) {
      next();
      return;
    }
    showProblem(req, res, { error: redisAway(), refreshS: POLL_MS / SECOND });
  };
}
