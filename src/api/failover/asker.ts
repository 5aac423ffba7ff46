import type { Request } from 'express';
import { requestKey } from '../replications/once.ts';
import type { Asker } from './submitted.ts';

/** Who asks, with the key of the request; `body` is what it asks for, validated. */
export const askerOf = (req: Request, user: string, body: unknown): Asker => ({
  user,
  requestId: req.res?.locals.requestId,
  key: requestKey(req, user, body),
});
