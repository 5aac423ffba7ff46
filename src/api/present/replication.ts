import { formatDuration, SECOND } from '../../base/units.ts';
import type { ReplicationRecord } from '../../db/stores/replication-store.ts';
import { wire } from './wire.ts';

/** A replication as every view shows it; `id` and `job_id` are the same, because the seed's views use both names. */
export function presentReplication(job: ReplicationRecord): Record<string, unknown> {
  return { ...wire(job), id: job.jobId };
}

/** A worker reports at least this often while it lives. */
const LIVE_WITHIN_MS = 30 * SECOND;

/** Progress as the row has it. `nowMs` is the time of this process: good enough for a flag. */
export function presentProgress(job: ReplicationRecord, nowMs: number): Record<string, unknown> {
  const polled = job.vmaLastPollAt;
  return {
    job_id: job.jobId,
    status: job.status,
    progress_percent: job.progressPercent,
    setup_progress_percent: job.setupProgressPercent,
    current_operation: job.currentOperation,
    bytes_transferred: job.bytesTransferred,
    total_bytes: job.totalBytes,
    transfer_speed_bps: job.transferSpeedBps,
    vma_progress: {
      sync_type: job.vmaSyncType,
      current_phase: job.vmaCurrentPhase,
      throughput_mbps: job.vmaThroughputMbps,
      eta_seconds: job.vmaEtaSeconds,
      eta_formatted: formatDuration(job.vmaEtaSeconds * SECOND),
      last_polled: polled?.toISOString() ?? null,
      error_classification: job.vmaErrorClassification,
      error_details: job.vmaErrorDetails,
      is_live: job.status === 'running' && polled !== null && nowMs - polled.getTime() < LIVE_WITHIN_MS,
    },
    updated_at: job.updatedAt.toISOString(),
  };
}
