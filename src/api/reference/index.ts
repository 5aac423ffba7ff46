import express, { type Express } from 'express';
import helmet from 'helmet';
import { join } from 'node:path';
import { HOUR } from '../../base/units.ts';
import type { ApiContext } from '../context.ts';
import { markup } from '../pages/markup.ts';
import { signedIn } from '../pages/signed-in.ts';

const PATH = '/docs';
const ASSETS = `${PATH}/assets`;

/** What Swagger UI needs of its package; it holds much more. */
const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;

/** Swagger UI draws its icons from data URIs and sets styles in elements; every script is a file of this server. */
const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/**
 * The reference: the OpenAPI document of this server, shown by Swagger UI from its own package. Its "Execute" sends
 * requests with the session of the browser, so it is for who has signed in; nothing comes from another host.
 */
export function mountReference(app: Express, { sessions, config }: ApiContext): void {
  const cached = { index: false, redirect: false, maxAge: 1 * HOUR } as const;
  const swagger = express.static(join(config.home, 'node_modules/swagger-ui-dist'), cached);
  app.use(ASSETS, express.static(join(config.home, 'src/api/reference/assets'), cached));
  app.get(
    SWAGGER_FILES.map((file) => `${ASSETS}/${file}`),
    (req, res, next) => {
      req.url = req.path.slice(ASSETS.length);
      swagger(req, res, next);
    },
  );
  app.get(PATH, signedIn(sessions), policy, (_req, res) => {
    res.set('cache-control', 'no-store').type('html').send(`<!doctype html>\n${REFERENCE.text}`);
  });
}

const REFERENCE = markup`<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API reference - MigrateKit OSSEA</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="${ASSETS}/swagger-ui.css">
    <link rel="stylesheet" href="${ASSETS}/reference.css">
    <script defer src="${ASSETS}/swagger-ui-bundle.js"></script>
    <script defer src="${ASSETS}/reference.js"></script>
  </head>
  <body>
    <header>
      <nav>
        <a class="brand" href="/">MigrateKit OSSEA</a>
        <a href="/jobs">Jobs</a>
        <a href="/admin/queues">Queues</a>
        <a href="${PATH}" aria-current="page">API</a>
        <a href="/api/v1/openapi.json">openapi.json</a>
      </nav>
    </header>
    <main id="reference"><noscript>The reference needs scripts; openapi.json says the same without.</noscript></main>
  </body>
</html>
`;
