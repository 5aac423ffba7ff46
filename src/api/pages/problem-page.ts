import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { apiLog } from '../../base/logger.ts';
import { toAppError } from '../../base/errors.ts';
import { toProblem } from '../../http/problem.ts';
import { inTime } from '../route.ts';
import { sendPage } from './layout.ts';
import { markup } from './markup.ts';

/** A page's handler: what it throws becomes a page that says what failed and what to do. */
export function page(handle: (req: Request, res: Response) => Promise<void>): RequestHandler {
  return async (req, res, next: NextFunction) => {
    try {
      await inTime(handle(req, res));
    } catch (error) {
      if (res.headersSent) next(error);
      else showProblem(req, res, { error });
    }
  };
}

/** `refreshS`: the browser looks again after so many seconds. */
export function showProblem(
  req: Request,
  res: Response,
  { error, refreshS }: { readonly error: unknown; readonly refreshS?: number },
): void {
  const problem = toProblem(error, { path: req.originalUrl, requestId: res.locals.requestId ?? 'none' });
  const line = { requestId: problem.request_id, method: req.method, path: req.path, code: problem.code };
  if (problem.status >= 500) apiLog.error({ ...line, err: toAppError(error) }, 'page failed');
  else apiLog.debug(line, 'page refused');
  res.status(problem.status);
  if (problem.status === 503) res.set('retry-after', '5');
  const body = markup`
      <h1>${problem.title}</h1>
      <p class="problem" role="alert">${sentence(problem.detail)} <code>${problem.code}</code></p>
      ${problem.hint !== undefined && markup`<p>${sentence(problem.hint)}</p>`}
      ${refreshS !== undefined && markup`<p>This page looks again every ${refreshS} s.</p>`}
      ${problem.status === 401 && markup`<p><a href="/login">Sign in</a></p>`}
      <p class="faint">Request ${problem.request_id}</p>`;
  sendPage(res, { title: problem.title, body, user: res.locals.user, isWide: res.locals.user !== undefined, refreshS });
}

/** Messages and hints begin in lower case and end without a full stop. */
export const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
