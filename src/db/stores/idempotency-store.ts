import type { Knex } from 'knex';
import { conflict } from '../../base/errors.ts';
import { isDuplicate } from '../errors.ts';
import { IdempotencyKey } from '../models/idempotency-keys.ts';
import { change, insertAll } from '../sql.ts';

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

const EXPIRED = `created_at <= now(3) - interval ${KEEP_HOURS} hour`;

/** The answer that was given under this key in the last 24 hours. */
export async function findAnswer(
  db: Knex,
  request: Pick<RequestKey, 'actor' | 'key'>,
): Promise<StoredAnswer | undefined> {
  const row = await IdempotencyKey.query(db).findById([request.actor, request.key]).whereRaw(`not (${EXPIRED})`);
  if (row === undefined || row.statusCode === null) return undefined;
  return { requestHash: row.requestHash, status: row.statusCode, body: row.response };
}

export interface GivenAnswer {
  readonly request: RequestKey;
  readonly status: number;
  readonly body: unknown;
}

/**
 * Keeps answers, in the transaction that did what they tell of. Their keys differ.
 * @throws conflict `idempotency.answered` when a request with one of these keys was answered meanwhile: find that answer.
 */
export async function storeAnswers(trx: Knex.Transaction, answers: readonly GivenAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  const keys = answers.map(() => 'actor = ? AND idempotency_key = ?').join(' OR ');
  await change(
    trx,
    `DELETE FROM idempotency_keys WHERE (${keys}) AND ${EXPIRED}`,
    answers.flatMap(({ request }) => [request.actor, request.key]),
  );
  try {
    await insertAll(
      trx,
      { table: 'idempotency_keys', columns: ROW },
      answers.map(({ request: { actor, key, requestHash }, status, body }) => [
        actor,
        key,
        requestHash,
        status,
        JSON.stringify(body),
      ]),
    );
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw conflict('idempotency.answered', 'another request with this key was answered meanwhile', {
      cause: error,
      hint: 'send the request again to get its answer',
    });
  }
}

const ROW = { actor: '?', idempotency_key: '?', request_hash: '?', status_code: '?', response: '?' };

/** The same for one. */
export async function storeAnswer(
  trx: Knex.Transaction,
  request: RequestKey,
  answer: { readonly status: number; readonly body: unknown },
): Promise<void> {
  await storeAnswers(trx, [{ request, status: answer.status, body: answer.body }]);
}

/** Forgets a bounded number of answers that are too old. */
export async function forgetOldAnswers(db: Knex): Promise<void> {
  await IdempotencyKey.query(db).whereRaw(EXPIRED).limit(100).delete();
}
