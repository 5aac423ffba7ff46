import type { Knex } from 'knex';
import { select } from '../sql.ts';

/** How far jobs are that copy disks, as their rows say. Bytes, and bytes per second. */

export interface DiskProgressRecord {
  readonly diskId: string;
  readonly label: string | null;
  readonly percent: number;
  readonly bytesTransferred: number;
  readonly totalBytes: number;
  readonly status: string;
}

export interface JobProgressRecord {
  readonly jobId: string;
  readonly status: string;
  readonly percent: number;
  readonly currentOperation: string | null;
  readonly bytesTransferred: number;
  readonly totalBytes: number;
  readonly currentBps: number;
  readonly averageBps: number;
  readonly etaSeconds: number | null;
  /** How much of the target was read again after the copy; bytesTotal null: of nobody knows how much. */
  readonly verifying: { readonly bytesRead: number; readonly bytesTotal: number | null } | null;
  /** The smaller one of the job's limit and its worker's; null: none, or nothing runs. */
  readonly bandwidthInForceBytesPerS: number | null;
  readonly disks: readonly DiskProgressRecord[];
}

/** What the worker reports beside the columns of the seed: job_tracking.metadata, member `progress`. */
export interface ReportedProgress {
  readonly average_bps: number;
  /** Null or absent when nobody can tell. */
  readonly eta_seconds?: number | null;
  /** Null or absent while nothing is verified. */
  readonly verifying?: { readonly bytes_read: number; readonly bytes_total?: number | null } | null;
  readonly disks: readonly {
    readonly disk_id: string;
    readonly percent: number;
    readonly bytes_transferred: number;
    readonly total_bytes: number;
  }[];
}

interface JobRow {
  id: string;
  status: string;
  progress_percent: number | string;
  current_operation: string | null;
  bytes_transferred: number;
  total_bytes: number;
  transfer_speed_bps: number;
  bandwidth_in_force_bytes_per_s: number | null;
  reported_json: string | null;
  is_live: number;
}

interface DiskRow {
  job_id: string;
  disk_id: string;
  label: string | null;
  sync_status: string;
  sync_progress_percent: number | string;
  bytes_synced: number;
  capacity_bytes: number | null;
}

/** Progress of these jobs by id, in two queries; jobs that copy nothing are left out. */
export async function progressOfJobs(
  db: Knex,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, JobProgressRecord>> {
  if (jobIds.length === 0) return new Map();
  const marks = jobIds.map(() => '?').join(', ');
  const jobs = await select<JobRow>(
    db,
    `SELECT job.id, job.status, job.progress_percent, job.current_operation, job.bytes_transferred, job.total_bytes,
            job.transfer_speed_bps, job.bandwidth_in_force_bytes_per_s,
            CAST(JSON_EXTRACT(tracked.metadata, '$.progress') AS CHAR) AS reported_json,
            job.status = 'running' AND COALESCE(tracked.dispatch_state, 'claimed') = 'claimed'
              AND COALESCE(job.vma_last_poll_at >= NOW(3) - INTERVAL 30 SECOND, FALSE) AS is_live
       FROM replication_jobs job LEFT JOIN job_tracking tracked ON tracked.id = job.id
      WHERE job.id IN (${marks})`,
    jobIds,
  );
  if (jobs.length === 0) return new Map();
  const rows = await select<DiskRow>(
    db,
    `SELECT job_id, disk_id, label, sync_status, sync_progress_percent, bytes_synced, capacity_bytes
       FROM vm_disks WHERE job_id IN (${jobs.map(() => '?').join(', ')}) ORDER BY disk_id`,
    jobs.map((job) => job.id),
  );
  const disks = Map.groupBy(rows, (row) => row.job_id);
  return new Map(jobs.map((job) => [job.id, progressOf(job, disks.get(job.id) ?? [])]));
}

function progressOf(job: JobRow, disks: readonly DiskRow[]): JobProgressRecord {
  const reported = job.reported_json === null ? undefined : (JSON.parse(job.reported_json) as ReportedProgress);
  // A worker that waits, or died, moves nothing, whatever it reported last.
  const isLive = job.is_live === 1;
  return {
    jobId: job.id,
    status: job.status,
    percent: job.status === 'completed' ? 100 : Number(job.progress_percent),
    currentOperation: job.current_operation,
    bytesTransferred: Number(job.bytes_transferred),
    totalBytes: Number(job.total_bytes),
    currentBps: isLive ? Number(job.transfer_speed_bps) : 0,
    averageBps: reported?.average_bps ?? 0,
    etaSeconds: isLive ? (reported?.eta_seconds ?? null) : null,
    verifying: isLive ? verifyingOf(reported) : null,
    bandwidthInForceBytesPerS: isLive ? numberOrNull(job.bandwidth_in_force_bytes_per_s) : null,
    disks: disksOf(job, disks, reported?.disks ?? []),
  };
}

const numberOrNull = (value: number | null): number | null => (value === null ? null : Number(value));

function verifyingOf(reported: ReportedProgress | undefined): JobProgressRecord['verifying'] {
  const seen = reported?.verifying ?? null;
  return seen === null ? null : { bytesRead: seen.bytes_read, bytesTotal: seen.bytes_total ?? null };
}

/** A disk belongs to its newest job: an older one knows its disks only from what its worker reported. */
function disksOf(
  job: JobRow,
  rows: readonly DiskRow[],
  reported: ReportedProgress['disks'],
): readonly DiskProgressRecord[] {
  const byId = new Map(rows.map((row) => [row.disk_id, row]));
  const seen = new Map(reported.map((disk) => [disk.disk_id, disk]));
  const ids = [...new Set([...seen.keys(), ...byId.keys()])].sort();
  return ids.map((diskId) => ({
    diskId,
    ...fromRow(byId.get(diskId), job.status === 'completed'),
    ...fromReport(seen.get(diskId)),
    ...(job.status === 'completed' ? { percent: 100 } : {}),
  }));
}

type Numbers = Omit<DiskProgressRecord, 'diskId'>;

function fromRow(row: DiskRow | undefined, isDone: boolean): Numbers {
  if (row === undefined) {
    const status = isDone ? 'completed' : 'pending';
    return { label: null, percent: 0, bytesTransferred: 0, totalBytes: 0, status };
  }
  return {
    label: row.label,
    percent: Number(row.sync_progress_percent),
    bytesTransferred: Number(row.bytes_synced),
    totalBytes: Number(row.capacity_bytes ?? 0),
    status: row.sync_status,
  };
}

function fromReport(disk: ReportedProgress['disks'][number] | undefined): Partial<Numbers> {
  if (disk === undefined) return {};
  return { percent: disk.percent, bytesTransferred: disk.bytes_transferred, totalBytes: disk.total_bytes };
}
