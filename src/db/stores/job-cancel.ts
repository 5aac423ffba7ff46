import type { Knex } from 'knex';
import { change } from '../sql.ts';
import { recordJobEvent } from './job-event-store.ts';

/** Notes the wish, once: the first reason stays. */
export async function requestCancel(trx: Knex.Transaction, jobId: string, reason: string): Promise<void> {
  const changed = await change(
    trx,
    `UPDATE job_tracking SET cancel_requested_at = NOW(6), cancel_reason = ?, updated_at = NOW(6)
      WHERE id = ? AND cancel_requested_at IS NULL`,
    [reason, jobId],
  );
  if (changed === 1)
    await recordJobEvent(trx, jobId, { level: 'INFO', message: 'cancel requested', attrs: { reason } });
}
