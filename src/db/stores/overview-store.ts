import type { Knex } from '../knex.ts';

/** What the lab's status shows: targets and jobs, without judgement. */

export interface TargetVolume {
  readonly volumeId: string;
  readonly vmName: string;
  readonly diskId: string;
}

export async function listTargetVolumes(db: Knex): Promise<TargetVolume[]> {
  const rows = await db('vm_disks as disk')
    .join('ossea_volumes as volume', 'volume.id', 'disk.ossea_volume_id')
    .join('vm_replication_contexts as context', 'context.context_id', 'disk.vm_context_id')
    .orderBy(['context.vm_name', 'disk.disk_id'])
    .select<{ volume_id: string; vm_name: string; disk_id: string }[]>(
      'volume.volume_id',
      'context.vm_name',
      'disk.disk_id',
    );
  return rows.map((row) => ({ volumeId: row.volume_id, vmName: row.vm_name, diskId: row.disk_id }));
}

export interface JobOverview {
  readonly id: string;
  readonly queue: string;
  readonly status: string;
  readonly leaseOwner: string | null;
  /** Of the transfer for a replication, else of the job; 0 when nothing was reported yet. */
  readonly percent: number;
}

interface JobRow {
  id: string;
  queue: string;
  status: string;
  lease_owner: string | null;
  percent_complete: number | null;
  progress_percent: string | null;
}

/** Newest first. */
export async function listRecentJobs(db: Knex, limit: number): Promise<JobOverview[]> {
  const rows = await db('job_tracking as job')
    .leftJoin('replication_jobs as replication', 'replication.id', 'job.id')
    .orderBy('job.created_at', 'desc')
    .limit(limit)
    .select<JobRow[]>(
      'job.id',
      'job.queue',
      'job.status',
      'job.lease_owner',
      'job.percent_complete',
      'replication.progress_percent',
    );
  return rows.map((row) => ({
    id: row.id,
    queue: row.queue,
    status: row.status,
    leaseOwner: row.lease_owner,
    percent: Number(row.progress_percent ?? row.percent_complete ?? 0),
  }));
}
