import type { Knex } from '../knex.ts';
import { change } from '../sql.ts';
import type { ReportedProgress } from './job-progress-store.ts';

/** Progress of a running replication: one writer, the worker that holds the job, in a transaction that proves its epoch. */

export interface TransferProgress {
  readonly percent: number;
  /** What people read: "Transferring Data", or what it waits for. */
  readonly operation: string;
  /** Stage of the data mover in the VMA's words: Transfer, Finalize. */
  readonly phase: string;
  readonly syncType: 'full' | 'incremental';
  readonly bytesTransferred: number;
  readonly bytesTotal: number;
  /** Bytes of data per second: over the last seconds, and since the transfer of this attempt began. */
  readonly currentBps: number;
  readonly averageBps: number;
  /** How much of the target was read again; bytesTotal null: of nobody knows how much. Null: nothing is verified now. */
  readonly verifying: { readonly bytesRead: number; readonly bytesTotal: number | null } | null;
  /** The limit that holds the job back; null: none. */
  readonly bandwidthInForceBytesPerS: number | null;
  /** Undefined when nobody can tell. */
  readonly etaSeconds: number | undefined;
  readonly disks: readonly {
    readonly vmDiskId: number;
    readonly diskId: string;
    readonly percent: number;
    /** Copied, zeroed or found done. */
    readonly bytesSynced: number;
    /** Data that went over the wire in this cycle. */
    readonly bytesTransferred: number;
    /** Bytes of the areas that the cycle looks at. */
    readonly bytesTotal: number;
  }[];
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
      transfer_speed_bps: seen.currentBps,
      bandwidth_in_force_bytes_per_s: seen.bandwidthInForceBytesPerS,
      vma_transfer_speed_bps: seen.currentBps,
      vma_throughput_mbps: Math.round((seen.currentBps / 2 ** 20) * 100) / 100,
      vma_eta_seconds: Math.round(Math.min(seen.etaSeconds ?? 0, 86_400)),
      vma_last_poll_at: trx.fn.now(3),
    });
  await report(trx, jobId, seen);
  for (const disk of seen.disks) {
    await trx('vm_disks')
      .where({ id: disk.vmDiskId })
      .update({ sync_progress_percent: two(disk.percent), bytes_synced: disk.bytesSynced });
  }
}

/** What the tables of the domain have no columns for, and the percent that lists and Bull Board show. */
async function report(trx: Knex.Transaction, jobId: string, seen: TransferProgress): Promise<void> {
  const progress: ReportedProgress = {
    average_bps: seen.averageBps,
    // Null takes the member of the last report away.
    eta_seconds: seen.etaSeconds ?? null,
    verifying:
      seen.verifying === null ? null : { bytes_read: seen.verifying.bytesRead, bytes_total: seen.verifying.bytesTotal },
    disks: seen.disks.map((disk) => ({
      disk_id: disk.diskId,
      percent: two(disk.percent),
      bytes_transferred: disk.bytesTransferred,
      total_bytes: disk.bytesTotal,
    })),
  };
  await change(
    trx,
    `UPDATE job_tracking
        SET percent_complete = GREATEST(COALESCE(percent_complete, 0), ?),
            metadata = JSON_MERGE_PATCH(COALESCE(metadata, '{}'), ?), updated_at = NOW(6)
      WHERE id = ?`,
    [Math.floor(seen.percent), JSON.stringify({ progress }), jobId],
  );
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
  // The streams look at rows of the ledger that changed.
  await change(trx, 'UPDATE job_tracking SET updated_at = NOW(6) WHERE id = ?', [jobId]);
}
