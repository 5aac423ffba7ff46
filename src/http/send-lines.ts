import type { Response } from 'express';
import { cancelled, toAppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { toProblem } from './problem.ts';

/** One JSON value per line. */
export const LINES_TYPE = 'application/x-ndjson';

/** An empty line when there was nothing to say for this long: the reader sees that the far side lives. */
const SIGN_OF_LIFE_MS = 10 * SECOND;
/** A client that takes nothing for this long is cut off. */
const STUCK_MS = 5 * MINUTE;

export interface LinesAnswer {
  /** Makes the lines; ends with an error soon after `signal` is aborted, which it is when the client is gone. */
  readonly lines: (signal: AbortSignal) => AsyncIterable<object>;
  readonly log: Logger;
}

/**
 * Answers with one JSON object per line, each sent when it is made and made no faster than the client takes them. An
 * error before the first line is thrown, for a problem document of its own; a later one is the last line:
 * `{"problem": {...}}`. A client can tell neither a lost connection nor a dead server from the end of the lines, so the
 * lines themselves must say when they are complete.
 */
export async function sendLines(res: Response, answer: LinesAnswer): Promise<void> {
  const client = new AbortController();
  const gone = (): void => client.abort(cancelled('request.abandoned', 'the client went away'));
  res.once('close', gone);
  const lines = answer.lines(client.signal)[Symbol.asyncIterator]();
  try {
    const first = await lines.next();
    if (client.signal.aborted) return;
    res.status(200).set({ 'content-type': LINES_TYPE, 'cache-control': 'no-store' });
    const alive = setInterval(() => void (res.writableNeedDrain || res.write('\n')), SIGN_OF_LIFE_MS);
    try {
      await writeAll(res, first, lines);
    } catch (thrown) {
      if (!client.signal.aborted) writeProblem(res, thrown, answer.log);
    } finally {
      clearInterval(alive);
    }
    res.end();
  } catch (thrown) {
    // Nobody waits for an answer any more.
    if (!client.signal.aborted) throw thrown;
  } finally {
    res.off('close', gone);
    gone();
    await lines.return?.().catch(() => undefined);
  }
}

async function writeAll(res: Response, first: IteratorResult<object>, rest: AsyncIterator<object>): Promise<void> {
  for (let line = first; line.done !== true; line = await rest.next()) {
    if (!res.write(`${JSON.stringify(line.value)}\n`)) await drained(res);
  }
}

function writeProblem(res: Response, thrown: unknown, log: Logger): void {
  const requestId = res.locals.requestId ?? 'none';
  const problem = toProblem(thrown, { path: res.req.path, requestId });
  log.warn({ requestId, path: res.req.path, code: problem.code, err: toAppError(thrown) }, 'lines end with an error');
  res.write(`${JSON.stringify({ problem })}\n`);
}

/** Waits until the client has taken enough, or is gone. One that takes nothing is cut off. */
async function drained(res: Response): Promise<void> {
  if (res.closed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stuck = setTimeout(() => res.destroy(), STUCK_MS);
  res.once('drain', resolve).once('close', resolve);
  await promise;
  clearTimeout(stuck);
  res.off('drain', resolve).off('close', resolve);
}
