import { Row } from './row.ts';

/** The answer to a request that carried an Idempotency-Key; null while it is being worked off. */
export class IdempotencyKey extends Row {
  static override tableName = 'idempotency_keys';
  static override idColumn = ['actor', 'idempotency_key'];
  static override jsonAttributes = ['response'];

  declare actor: string;
  declare idempotencyKey: string;
  declare requestHash: string;
  declare statusCode: number | null;
  declare response: unknown;
  declare createdAt: Date;
}
