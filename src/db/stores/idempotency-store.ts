import type { Knex } from 'knex';
import { conflict } from '../../base/errors.ts';
import { isDuplicate } from '../errors.ts';

/** Answers to requests that carried an Idempotency-Key: the same request again gets the same answer, and no second job. */

const KEEP_HOURS = 24;

export interface RequestKey {
  /** Who asked: two users may use the same key. */
  readonly actor: string;
  readonly key: string;
  /** Digest of method, path and body. */
  readonly requestHash: string;
}

export interface StoredAnswer {
  readonly requestHash: string;
  readonly status: number;
  readonly body: unknown;
}

/** The answer that was given under this key in the last 24 hours. */
export async function findAnswer(
  db: Knex,
  request: Pick<RequestKey, 'actor' | 'key'>,
): Promise<StoredAnswer | undefined> {
  const rows = await db('idempotency_keys')
    .where({ actor: request.actor, idempotency_key: request.key })
    .whereRaw('created_at > now(3) - interval ? hour', [KEEP_HOURS])
    .select<{ requestHash: string; status: number; body: unknown }[]>({
      requestHash: 'request_hash',
      status: 'status_code',
      body: 'response',
    });
  return rows[0];
}

/**
 * Keeps the answer, in the transaction that did what it tells of.
 * @throws conflict `idempotency.answered` when a request with this key was answered meanwhile: find that answer.
 */
export async function storeAnswer(
  trx: Knex.Transaction,
  request: RequestKey,
  answer: { readonly status: number; readonly body: unknown },
): Promise<void> {
  const key = { actor: request.actor, idempotency_key: request.key };
  await trx('idempotency_keys').where(key).whereRaw('created_at <= now(3) - interval ? hour', [KEEP_HOURS]).delete();
  const row = {
    ...key,
    request_hash: request.requestHash,
    status_code: answer.status,
    response: JSON.stringify(answer.body),
  };
  try {
    await trx('idempotency_keys').insert(row);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw conflict('idempotency.answered', 'another request with this key was answered meanwhile', { cause: error });
  }
}

/** Forgets a bounded number of answers that are too old. */
export async function forgetOldAnswers(db: Knex): Promise<void> {
  await db('idempotency_keys').whereRaw('created_at <= now(3) - interval ? hour', [KEEP_HOURS]).limit(100).delete();
}
