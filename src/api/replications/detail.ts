import { notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { listDisks } from '../../db/stores/disk-store.ts';
import { cbtHistory, findReplication, mountsOf, type ReplicationRecord } from '../../db/stores/replication-store.ts';
import { jobResult } from '../../db/stores/job-view-store.ts';
import { ReplicationResult } from '../../queues/jobs/replicate.ts';
import { presentReplication } from '../present/replication.ts';
import { presentDisk } from '../present/vm-context.ts';
import { wire } from '../present/wire.ts';

const CYCLES = 100;

/** @throws notFound `replication.unknown` */
export async function replicationOf(db: Knex, jobId: string): Promise<ReplicationRecord> {
  const found = await findReplication(db, jobId);
  if (found === undefined) throw replicationUnknown(jobId);
  return found;
}

export const replicationUnknown = (jobId: string): AppError =>
  notFound('replication.unknown', `there is no replication ${jobId}`, {
    details: { jobId },
    hint: 'GET /api/v1/replications lists the replications',
  });

/** Body of GET /replications/{id}: a fixed number of queries. */
export async function replicationDetail(db: Knex, job: ReplicationRecord): Promise<Record<string, unknown>> {
  const [disks, cycles, result] = await Promise.all([
    listDisks(db, { job_id: job.id }),
    cbtHistory(db, { job_id: job.id }, CYCLES),
    jobResult(db, job.id),
  ]);
  const volumeIds = disks.flatMap((disk) => (disk.osseaVolumeId === null ? [] : [disk.osseaVolumeId]));
  const mounts = await mountsOf(db, volumeIds);
  return {
    ...presentReplication(job),
    source_vm: { id: job.sourceVmId, name: job.sourceVmName, path: job.sourceVmPath },
    configuration: {
      replication_type: job.replicationType,
      target_network: job.targetNetwork,
      ossea_config_id: job.osseaConfigId,
      bandwidth_limit_bytes_per_s: job.bandwidthLimitBytesPerS,
    },
    disks: disks.map(presentDisk),
    mounts: mounts.map(wire),
    verification: verificationOf(result),
    cbt_history: cycles.map(wire),
  };
}

/** Empty for a job that has not completed, and for one that verified nothing. */
function verificationOf(result: unknown): Record<string, unknown>[] {
  const stored = ReplicationResult.safeParse(result);
  const disks = stored.success ? stored.data.disks : [];
  return disks.flatMap(({ diskId, verify }) => (verify === undefined ? [] : [{ disk_id: diskId, ...wire(verify) }]));
}
