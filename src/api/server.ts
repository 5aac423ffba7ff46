import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import { invalidRequest } from '../base/errors.ts';
import { apiLog } from '../base/logger.ts';
import { bareApp, endWithProblems, listen, type RunningServer } from '../http/server.ts';
import { authenticated } from './auth/authenticate.ts';
import { mountBoard } from './board/index.ts';
import type { ApiContext } from './context.ts';
import { otherSites } from './other-sites.ts';
import { mountPages } from './pages/index.ts';
import { mountReference } from './reference/index.ts';
import { mountRoutes } from './route.ts';
import { routeTable } from './route-table.ts';
import { healthRoutes } from './routes/health.ts';

export const API_PREFIX = '/api/v1';

/** Our pages load their own style and nothing else, and are framed by nobody. */
const secureHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // This server speaks plain HTTP; whoever ends TLS before it sets this.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
});

/** A path like /%zz cannot be decoded; Express would end on it with an error that has no code. */
const refuseBadPaths: RequestHandler = (req, _res, next) => {
  try {
    decodeURIComponent(req.path);
  } catch {
    throw invalidRequest('request.malformed', 'the path of the request cannot be decoded', {
      hint: 'a percent sign in a path is written as %25',
    });
  }
  next();
};

/** Starts the API. Resolves when it answers; the caller closes it, and then what `context` holds. */
export async function startApi(context: ApiContext): Promise<RunningServer> {
  const server = await listen(apiApp(context), context.config.api);
  apiLog.info({ url: server.url, version: context.version }, 'api listens');
  const close = async (graceMs?: number): Promise<void> => {
    // First: a stream never ends by itself, and the server waits for every answer.
    await context.events.close();
    await server.close(graceMs);
  };
  return { ...server, close };
}

function apiApp(context: ApiContext): Express {
  const app = bareApp();
  app.use(secureHeaders, refuseBadPaths);
  app.use(API_PREFIX, otherSites(context.config.api.corsOrigins));
  const guard = authenticated(context.sessions);
  mountRoutes(app, { prefix: API_PREFIX, routes: routeTable(context), authenticated: guard });
  // Load balancers and the compose file ask here.
  mountRoutes(app, { prefix: '', routes: healthRoutes(context), authenticated: guard });
  mountPages(app, context);
  mountBoard(app, context);
  mountReference(app, context);
  endWithProblems(app, apiLog);
  return app;
}
