import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { AppError, invalidRequest, precondition } from '../../base/errors.ts';
import { apiLog } from '../../base/logger.ts';
import type { Knex } from '../../db/knex.ts';
import { findAnswer, forgetOldAnswers, type RequestKey } from '../../db/stores/idempotency-store.ts';
import type { Answer } from '../route.ts';

/**
 * A request that carries an Idempotency-Key is done once: the same request again gets the first answer. `work` must
 * store its answer (storeAnswer) in the transaction that does what it says. Refusals are not kept: what was refused has
 * not been done and may be tried again under the same key.
 *
 * @throws precondition `idempotency.key-reused` (422): the key belongs to another request; invalidRequest
 * `request.invalid`: it is not a key; and what `work` throws.
 */
export async function once(db: Knex, request: RequestKey | undefined, work: () => Promise<Answer>): Promise<Answer> {
  if (request === undefined) return work();
  const before = await answered(db, request);
  if (before !== undefined) return before;
  try {
    return await work();
  } catch (error) {
    // The same request, sent twice at once, meets itself: as a conflict over the VM, or over the key.
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error;
    const meanwhile = await answered(db, request);
    if (meanwhile === undefined) throw error;
    return meanwhile;
  } finally {
    forgetOldAnswers(db).catch((error: unknown) => apiLog.debug({ err: error }, 'old answers are still kept'));
  }
}

async function answered(db: Knex, request: RequestKey): Promise<Answer | undefined> {
  const stored = await findAnswer(db, request);
  if (stored === undefined) return undefined;
  if (stored.requestHash === request.requestHash) {
    return { status: stored.status, body: stored.body, headers: { 'idempotent-replayed': 'true' } };
  }
  throw precondition('idempotency.key-reused', 'this Idempotency-Key belongs to another request', {
    hint: 'use a new key for a new request',
  });
}

/**
 * The key of the request, if it has one. `body` is what the request asks for, validated: its body, or its query where
 * it has none; what the schema does not know makes no difference.
 */
export function requestKey(req: Request, user: string, body: unknown): RequestKey | undefined {
  const key = req.get('idempotency-key');
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,191}$/.test(key)) {
    throw invalidRequest('request.invalid', 'the Idempotency-Key is not 1 to 191 printable characters', {
      details: { errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 191 printable ASCII characters' }] },
      hint: 'use a random id of your own, such as a uuid, and the same one when you send the request again',
    });
  }
  const text = `${req.method} ${req.baseUrl}${req.path}\n${JSON.stringify(body)}`;
  return { actor: user, key, requestHash: createHash('sha256').update(text).digest('hex') };
}
