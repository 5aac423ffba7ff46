import type { Knex } from 'knex';

/**
 * Rows of volume_operations and their history: how the volume daemon's API shows a job of queue attach-volume. The row
 * has the id of the job and follows it in the job's own transactions; nothing is decided by it.
 */

export const OPERATION_TYPES = [
  'create',
  'attach',
  'detach',
  'delete',
  'cleanup',
  'resize',
  'snapshot',
  'revert',
  'delete-snapshot',
  'hand-over',
  'convert',
] as const;
export type OperationType = (typeof OPERATION_TYPES)[number];
export type OperationStatus = 'pending' | 'executing' | 'completed' | 'failed' | 'cancelled';

export interface OperationRecord {
  readonly id: string;
  readonly type: OperationType;
  readonly status: OperationStatus;
  readonly volumeId: string | null;
  readonly vmId: string | null;
  readonly request: unknown;
  readonly response: unknown;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly completedAt: Date | null;
}

export interface NewOperation {
  readonly id: string;
  readonly type: OperationType;
  readonly volumeId: string | null;
  readonly vmId: string | null;
  readonly request: object;
}

export interface SettledOperation {
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly volumeId?: string | undefined;
  readonly response?: object | undefined;
  readonly error?: string | undefined;
}

const COLUMNS = {
  id: 'id',
  type: 'type',
  status: 'status',
  volumeId: 'volume_id',
  vmId: 'vm_id',
  request: 'request',
  response: 'response',
  error: 'error',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  completedAt: 'completed_at',
} as const;

/** Together with the job's own row; again for the same job it changes nothing. */
export async function insertOperation(trx: Knex.Transaction, operation: NewOperation): Promise<void> {
  const known = await statusOf(trx, operation.id);
  if (known !== undefined) return;
  await trx('volume_operations').insert({
    id: operation.id,
    type: operation.type,
    status: 'pending',
    volume_id: operation.volumeId,
    vm_id: operation.vmId,
    request: JSON.stringify(operation.request),
  });
  await remember(trx, { id: operation.id, from: null, to: 'pending' });
}

/** A worker took the job; again after each retry. A finished operation stays finished. */
export async function beginOperation(trx: Knex.Transaction, id: string): Promise<void> {
  const from = await statusOf(trx, id);
  if (from !== 'pending' && from !== 'executing') return;
  await trx('volume_operations').where('id', id).update({ status: 'executing' });
  await remember(trx, { id, from, to: 'executing' });
}

/** What an operation has done so far, by name; empty in the beginning. Kept across attempts. */
export async function operationProgress(db: Knex, id: string): Promise<Readonly<Record<string, unknown>>> {
  const rows = await db('volume_operations').where('id', id).select<{ progress: unknown }[]>('progress');
  return { ...(parsed(rows[0]?.progress) as Record<string, unknown> | null | undefined) };
}

/** `what` is done, with what it gave: together with the rows that tell of it. */
export async function noteOperationProgress(
  trx: Knex.Transaction,
  id: string,
  done: { readonly what: string; readonly output: unknown },
): Promise<void> {
  const progress = await operationProgress(trx, id);
  const text = JSON.stringify({ ...progress, [done.what]: done.output });
  await trx('volume_operations').where('id', id).update({ progress: text });
}

/** The job waits for another attempt; the end of the operation replaces the text, success with nothing. */
export async function noteOperationError(trx: Knex.Transaction, id: string, error: string): Promise<void> {
  await trx('volume_operations').where('id', id).whereIn('status', ['pending', 'executing']).update({ error });
}

export async function settleOperation(trx: Knex.Transaction, id: string, outcome: SettledOperation): Promise<void> {
  const from = await statusOf(trx, id);
  if (from !== 'pending' && from !== 'executing') return;
  await trx('volume_operations')
    .where('id', id)
    .update({
      status: outcome.status,
      completed_at: trx.raw('now(3)'),
      error: outcome.error ?? null,
      ...(outcome.volumeId === undefined ? {} : { volume_id: outcome.volumeId }),
      ...(outcome.response === undefined ? {} : { response: JSON.stringify(outcome.response) }),
    });
  await remember(trx, { id, from, to: outcome.status, details: outcome.error });
}

export async function findOperation(db: Knex, id: string): Promise<OperationRecord | undefined> {
  const rows = await db('volume_operations').where('id', id).select<OperationRecord[]>(COLUMNS);
  return rows.map(toRecord)[0];
}

export interface OperationFilter {
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly volumeId?: string | undefined;
  readonly vmId?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly limit: number;
  /** The last operation of the page before. */
  readonly after?: { readonly createdAt: Date; readonly id: string } | undefined;
}

/** One page, newest first, and how many the filter fits in all. */
export async function listOperations(
  db: Knex,
  filter: OperationFilter,
): Promise<{ readonly operations: OperationRecord[]; readonly count: number }> {
  const page = filtered(db, filter)
    .select<OperationRecord[]>(COLUMNS)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(filter.limit);
  if (filter.after !== undefined) {
    const { createdAt, id } = filter.after;
    void page.where('created_at', '<=', createdAt).whereRaw('(created_at < ? or id < ?)', [createdAt, id]);
  }
  const [total] = await filtered(db, filter).count<{ count: number | string }[]>({ count: '*' });
  return { operations: (await page).map(toRecord), count: Number(total?.count ?? 0) };
}

function filtered(db: Knex, filter: OperationFilter): Knex.QueryBuilder {
  const query = db('volume_operations');
  if (filter.type !== undefined) void query.where('type', filter.type);
  if (filter.status !== undefined) void query.where('status', filter.status);
  if (filter.volumeId !== undefined) void query.where('volume_id', filter.volumeId);
  if (filter.vmId !== undefined) void query.where('vm_id', filter.vmId);
  if (filter.since !== undefined) void query.where('created_at', '>=', filter.since);
  if (filter.until !== undefined) void query.where('created_at', '<=', filter.until);
  return query;
}

/** How an operation got to its status. */
export interface OperationChange {
  readonly previousStatus: OperationStatus | null;
  readonly newStatus: OperationStatus;
  readonly changedAt: Date;
  /** The error of one that failed. */
  readonly details: unknown;
}

/** Oldest first. */
export async function operationHistory(db: Knex, id: string): Promise<OperationChange[]> {
  const rows = await db('volume_operation_history').where('operation_id', id).orderBy('id').select<OperationChange[]>({
    previousStatus: 'previous_status',
    newStatus: 'new_status',
    changedAt: 'changed_at',
    details: 'details',
  });
  return rows.map((row) => ({ ...row, details: parsed(row.details) }));
}

async function statusOf(trx: Knex.Transaction, id: string): Promise<OperationStatus | undefined> {
  const rows = await trx('volume_operations')
    .where('id', id)
    .forUpdate()
    .select<{ status: OperationStatus }[]>('status');
  return rows[0]?.status;
}

async function remember(
  trx: Knex.Transaction,
  change: { id: string; from: string | null; to: string; details?: string | undefined },
): Promise<void> {
  await trx('volume_operation_history').insert({
    operation_id: change.id,
    previous_status: change.from,
    new_status: change.to,
    details: change.details === undefined ? null : JSON.stringify({ error: change.details }),
  });
}

/** MariaDB gives JSON columns as text, MySQL parsed. */
function toRecord(row: OperationRecord): OperationRecord {
  return { ...row, request: parsed(row.request), response: parsed(row.response) };
}

const parsed = (value: unknown): unknown => (typeof value === 'string' ? (JSON.parse(value) as unknown) : value);
