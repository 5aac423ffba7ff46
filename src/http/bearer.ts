import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { notAllowed } from '../base/errors.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The token of `Authorization: Bearer ...`, or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
}

const HINT =
  'send Authorization: Bearer with the shared secret that this daemon was started with, and not the token of a session';

/** Admits who knows the shared secret of a daemon: 401 `auth.required` without a token, `auth.bad-token` with a wrong one. */
export function requireSharedSecret(secret: string): RequestHandler {
  const expected = digest(secret);
  return (req, _res, next) => {
    const given = bearerToken(req.get('authorization'));
    if (given === undefined) throw notAllowed('auth.required', 'this needs a bearer token', { hint: HINT });
    // Digests have one length, so the comparison tells nothing about the secret.
    if (!timingSafeEqual(digest(given), expected)) {
      throw notAllowed('auth.bad-token', 'the bearer token is not valid', { hint: HINT });
    }
    next();
  };
}
