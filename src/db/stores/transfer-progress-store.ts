import type { Knex } from '../knex.ts';

/** Progress of a running replication: one writer, the worker that holds the job, in a transaction that proves its epoch. */

export interface TransferProgress {
  readonly percent: number;
  /** What people read: "Transferring Data". */
  readonly operation: string;
  /** Stage of the data mover in the VMA's words: Transfer, Finalize. */
  readonly phase: string;
  readonly syncType: 'full' | 'incremental';
  readonly bytesTransferred: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds: number;
  readonly disks: readonly { readonly vmDiskId: number; readonly percent: number; readonly bytesSynced: number }[];
}

const two = (value: number): number => Math.round(Math.min(100, Math.max(0, value)) * 100) / 100;

/** Percents never move backwards: a resumed attempt begins where its checkpoint stands, below what was shown. */
export async function writeTransferProgress(
  trx: Knex.Transaction,
  jobId: string,
  seen: TransferProgress,
): Promise<void> {
  const percent = two(seen.percent);
  await trx('replication_jobs')
    .where({ id: jobId })
    .update({
      progress_percent: trx.raw('greatest(coalesce(progress_percent, 0), ?)', [percent]),
      vma_progress_percent: trx.raw('greatest(coalesce(vma_progress_percent, 0), ?)', [percent]),
      current_operation: seen.operation,
      vma_current_phase: seen.phase,
      vma_sync_type: seen.syncType,
      bytes_transferred: seen.bytesTransferred,
      vma_bytes_transferred: seen.bytesTransferred,
      total_bytes: seen.bytesTotal,
      vma_total_bytes: seen.bytesTotal,
      transfer_speed_bps: Math.round(seen.bytesPerSecond),
      vma_transfer_speed_bps: Math.round(seen.bytesPerSecond),
      vma_throughput_mbps: Math.round((seen.bytesPerSecond / 2 ** 20) * 100) / 100,
      vma_eta_seconds: Math.round(Math.min(seen.etaSeconds, 86_400)),
      vma_last_poll_at: trx.fn.now(),
    });
  for (const disk of seen.disks) {
    await trx('vm_disks')
      .where({ id: disk.vmDiskId })
      .update({ sync_progress_percent: two(disk.percent), bytes_synced: disk.bytesSynced });
  }
}

/** The part before the first byte: 0 to 100, as people see it. */
export async function writeSetupProgress(
  trx: Knex.Transaction,
  jobId: string,
  seen: { readonly percent: number; readonly operation: string },
): Promise<void> {
  await trx('replication_jobs')
    .where({ id: jobId })
    .update({
      setup_progress_percent: trx.raw('greatest(coalesce(setup_progress_percent, 0), ?)', [two(seen.percent)]),
      current_operation: seen.operation,
    });
}
