import { formatDuration, SECOND } from '../../base/units.ts';
import type { DiskProgressRecord } from '../../db/stores/job-progress-store.ts';
import type { ReplicationRecord } from '../../db/stores/replication-store.ts';
import type { VmaProgress } from '../schemas/progress.ts';

/** A worker reports at least this often while it lives. */
const LIVE_WITHIN_MS = 30 * SECOND;

/** Progress as the row has it. `nowMs` is the time of this process: good enough for a flag. */
export function presentProgress(job: ReplicationRecord, nowMs: number): Record<string, unknown> {
  const polled = job.vmaLastPollAt;
  return {
    job_id: job.id,
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

/** The row in the shape in which the VMA would tell it. */
export function presentAsVmaProgress(job: ReplicationRecord, disks: readonly DiskProgressRecord[]): VmaProgress {
  return {
    job_id: job.id,
    status: job.status,
    sync_type: job.vmaSyncType,
    phase: job.vmaCurrentPhase,
    percentage: job.progressPercent,
    current_operation: job.currentOperation,
    bytes_transferred: job.bytesTransferred,
    total_bytes: job.totalBytes,
    throughput: { current_mbps: job.vmaThroughputMbps },
    timing: {
      start_time: job.startedAt?.toISOString() ?? null,
      last_update: (job.vmaLastPollAt ?? job.updatedAt).toISOString(),
      eta_seconds: job.vmaEtaSeconds,
    },
    last_error: job.errorMessage,
    disk_progresses: disks.map((disk) => ({
      disk_id: disk.diskId,
      label: disk.label,
      bytes: disk.bytesTransferred,
      total: disk.totalBytes,
      percent: disk.percent,
      status: disk.status,
    })),
  };
}
