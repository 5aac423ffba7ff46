import type { Response } from 'express';
import helmet from 'helmet';
import { markup, type Content, type Html } from './markup.ts';

/** The frame of the few pages that the API serves itself. */

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Who is signed in; without it the page has no navigation. */
  readonly user?: string | undefined;
  /** A list or a job needs the whole width. */
  readonly isWide?: boolean;
  /** Live: the script of assets/live.js keeps it fresh, and without scripts the browser loads it again. */
  readonly isLive?: boolean;
  /** The browser loads the page again after so many seconds, with or without scripts. */
  readonly refreshS?: number | undefined;
}

const RELOAD_S = 10;

/** On live pages the script of our own may run and ask this server; on all others none runs. */
const livePolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    connectSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** Sends the page, never from a cache. The status is set before. */
export function sendPage(res: Response, page: Page): void {
  res.set('cache-control', 'no-store');
  if (page.isLive === true) livePolicy(res.req, res, () => undefined);
  res.type('html').send(`<!doctype html>\n${renderPage(page).text}`);
}

function renderPage(page: Page): Html {
  return markup`<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${page.title} - MigrateKit OSSEA</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/style.css">${headOf(page)}
  </head>
  <body class="${page.isWide === true ? 'wide' : 'narrow'}">
    ${page.user === undefined ? markup`<h1 class="brand">MigrateKit OSSEA</h1>` : navigation(page.user)}
    <main>
${page.body}
    </main>
  </body>
</html>
`;
}

function headOf(page: Page): Content {
  if (page.refreshS !== undefined) return markup`<meta http-equiv="refresh" content="${page.refreshS}">`;
  if (page.isLive !== true) return null;
  return markup`
    <script defer src="/live.js"></script>
    <noscript><meta http-equiv="refresh" content="${RELOAD_S}"></noscript>`;
}

const navigation = (user: string): Html => markup`<header>
      <nav>
        <a class="brand" href="/">MigrateKit OSSEA</a>
        <a href="/jobs">Jobs</a>
        <a href="/admin/queues">Queues</a>
        <a href="/docs">API</a>
      </nav>
      <form method="post" action="/logout"><span>${user}</span> <button class="quiet">Sign out</button></form>
    </header>`;
