import type { AppControllerRoute, AppViewRoute } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Request, Response } from 'express';
import { sleep } from '../../base/clock.ts';
import { upstream, type AppError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import type { Board } from '../../queues/board.ts';

/** Its page asks again every few seconds: an answer now is worth more than a sure one later. */
const ANSWER_WITHIN_MS = 5 * SECOND;
/** Requests that wait for a silent Redis at a time. More are refused at once, so that what waits has a bound. */
const WAITING_MAX = 20;

type Answer = Awaited<ReturnType<AppControllerRoute['handler']>>;

/** The board's Express app with limits on how long Redis may take, our problem documents, and no file from elsewhere. */
export class BoardAdapter extends ExpressAdapter {
  readonly #board: Pick<Board, 'isReady' | 'renew'>;
  #waiting = 0;

  constructor(board: Pick<Board, 'isReady' | 'renew'>) {
    super();
    this.#board = board;
  }

  override setApiRoutes(routes: AppControllerRoute[]): ExpressAdapter {
    return super.setApiRoutes(
      routes.map((route) => ({ ...route, handler: (request) => this.#inTime(() => route.handler(request)) })),
    );
  }

  /** Whatever fails passes on to the error handler of the whole server. */
  override setErrorHandler(): this {
    return super.setErrorHandler((error) => {
      throw error;
    });
  }

  override setEntryRoute(entry: AppViewRoute): ExpressAdapter {
    this.app.get(entry.route, (_req: Request, res: Response) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      this.app.render(name, { ...params }, (error: Error | null, page: string) => {
        if (error !== null) throw error;
        res.type('html').send(ours(page));
      });
    });
    return this;
  }

  /** @throws upstream `redis.away` */
  async #inTime(ask: () => Answer | Promise<Answer>): Promise<Answer> {
    if (!this.#board.isReady() || this.#waiting >= WAITING_MAX) throw redisAway();
    const answered = new AbortController();
    const late = sleep(ANSWER_WITHIN_MS, answered.signal).then(() => {
      this.#board.renew();
      throw redisAway();
    });
    this.#waiting += 1;
    const answer = Promise.resolve(ask()).finally(() => {
      this.#waiting -= 1;
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      answered.abort(new Error('answered'));
      late.catch(() => undefined);
      answer.catch(() => undefined);
    }
  }
}

export const redisAway = (): AppError =>
  upstream('redis.away', 'Redis does not answer, so the queues cannot be shown', {
    hint: 'check that Redis runs; the jobs are safe in the database, and /jobs shows them',
  });

/**
 * The page asks for fonts from the internet: an appliance may have none, and nobody else need know who looks at it. In
 * their place comes what tells that the figures are old.
 */
const ours = (page: string): string =>
  page
    .replace(/<link href="https?:[^>]*>/g, '')
    .replace('</head>', '<link href="/board.css" rel="stylesheet"><script defer src="/board.js"></script></head>');
