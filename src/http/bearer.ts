import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { notAllowed } from '../base/errors.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The token of `Authorization: Bearer ...`, or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(header ?? '')?.[1];
}

/** Admits who knows the shared secret of a daemon: 401 `auth.required` without a token, `auth.bad-token` with a wrong one. */
export function requireSharedSecret(secret: string): RequestHandler {
  const expected = digest(secret);
  return (req, _res, next) => {
    const given = bearerToken(req.get('authorization'));
    if (given === undefined) throw notAllowed('auth.required', 'this needs a bearer token');
    // Digests have one length, so the comparison tells nothing about the secret.
    if (!timingSafeEqual(digest(given), expected)) throw notAllowed('auth.bad-token', 'the bearer token is not valid');
    next();
  };
}
