import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { precondition } from '../base/errors.ts';
import type { Answer, AnswerSpec, Refusal } from './route.ts';

/**
 * Tags of states, so that an edit cannot get lost: a client reads a thing with its ETag, and sends the tag back with
 * its change (If-Match); when somebody else changed the thing meanwhile, the change is refused.
 *
 * A tag is a digest of the whole answer. Times of rows would not do: two changes may fall into one millisecond, and an
 * answer is made of several tables. It is a strong one (RFC 9110, 8.8.1): equal tags mean equal answers, byte by byte.
 */

/** `"..."`: of exactly this body. */
export function etagOf(body: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/** Answers with the tag; and with 304 and no body when the client says that it has this very state. */
export function tagged(req: Request, body: unknown, status = 200): Answer {
  const etag = etagOf(body);
  // A cache may keep the answer, but must ask each time whether it still holds.
  const headers = { etag, 'cache-control': 'private, no-cache' };
  const isRead = req.method === 'GET' || req.method === 'HEAD';
  if (isRead && lists(req.get('if-none-match'), etag, { weak: true })) return { status: 304, headers };
  return { status, body, headers };
}

/**
 * Refuses a change that was meant for another state: `ifMatch` is the request's header of that name, and without it
 * every state will do. Call it inside the transaction that holds the row, with the state that the transaction sees.
 * @throws precondition `request.stale`, status 412
 */
export function assertCurrent(ifMatch: string | undefined, body: unknown): void {
  if (ifMatch === undefined || lists(ifMatch, etagOf(body), { weak: false })) return;
  throw precondition('request.stale', 'this has changed since it was read', {
    details: { status: 412 },
    hint: 'read it again, look at what changed, and send the change with the new ETag in If-Match',
  });
}

/** For routes that answer with `tagged`. */
export const NOT_MODIFIED: Readonly<Record<304, AnswerSpec>> = {
  304: { description: 'still what the client has, as its If-None-Match says', headers: ['ETag'] },
};

/** For routes that call `assertCurrent`. */
export const STALE: Refusal = { status: 412, codes: ['request.stale'] };

/** Whether a header that lists tags names this one. Weak tags (W/"...") match only where the comparison is weak. */
function lists(header: string | undefined, etag: string, comparison: { readonly weak: boolean }): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag === etag || (comparison.weak && tag === `W/${etag}`));
}
