import type { ErrorRequestHandler, Express } from 'express';
import helmet from 'helmet';
import { invalidRequest } from '../base/errors.ts';
import { apiLog } from '../base/logger.ts';
import { endWithProblems, listen, newApp, type RunningServer } from '../http/server.ts';
import { authenticated } from './auth/authenticate.ts';
import type { ApiContext } from './context.ts';
import { mountPages } from './pages/index.ts';
import { mountRoutes } from './route.ts';
import { routeTable } from './route-table.ts';

export const API_PREFIX = '/api/v1';

/** Our pages load their own style and nothing else, and are framed by nobody. */
const secureHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // This server speaks plain HTTP; whoever ends TLS before it sets this.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
});

/** A path like /%zz cannot be decoded; Express says so with an error that has no code. */
// Express knows an error handler by its four parameters.
// eslint-disable-next-line max-params
const badPaths: ErrorRequestHandler = (thrown: unknown, _req, _res, next) => {
  const isUri = thrown instanceof Error && 'status' in thrown && thrown.status === 400 && !('type' in thrown);
  next(isUri ? invalidRequest('request.malformed', 'the path of the request cannot be decoded') : thrown);
};

/** Starts the API. Resolves when it answers; the caller closes it, and then what `context` holds. */
export async function startApi(context: ApiContext): Promise<RunningServer> {
  const server = await listen(apiApp(context), context.config.api);
  apiLog.info({ url: server.url, version: context.version }, 'api listens');
  return server;
}

function apiApp(context: ApiContext): Express {
  const app = newApp();
  app.use(secureHeaders);
  mountRoutes(app, {
    prefix: API_PREFIX,
    routes: routeTable(context),
    authenticated: authenticated(context.sessions),
  });
  mountPages(app, context);
  app.use(badPaths);
  endWithProblems(app, apiLog);
  return app;
}
