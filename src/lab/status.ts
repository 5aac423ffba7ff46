import { readEnv } from '../config/env.ts';
import { toConfig } from '../config/config.ts';
import { openDatabase } from '../db/knex.ts';
import { listRecentJobs, listTargetVolumes } from '../db/stores/overview-store.ts';
import { cloudVolumeFile } from './cloud.ts';
import { publicState, type LabState } from './state.ts';

export interface LabStatus {
  readonly volumes: readonly {
    readonly volume_id: string;
    readonly vm: string;
    readonly disk_id: string;
    readonly path: string;
  }[];
  readonly jobs: readonly {
    readonly job_id: string;
    readonly queue: string;
    readonly status: string;
    readonly worker_pid: number | null;
    readonly percent: number;
  }[];
}

/** How many jobs `lab status` shows, newest first. */
const JOBS_MAX = 200;

/** The state of a running lab with its target volumes (the files behind them) and its jobs. */
export async function labStatus(state: LabState): Promise<LabStatus> {
  const { database } = state;
  const config = toConfig(
    readEnv({
      MIGRATEKIT_DB_HOST: database.host,
      MIGRATEKIT_DB_PORT: String(database.port),
      MIGRATEKIT_DB_USER: database.user,
      MIGRATEKIT_DB_PASSWORD: database.password,
      MIGRATEKIT_DB_NAME: database.name,
    }),
  );
  const db = openDatabase(config.database);
  try {
    const [volumes, jobs] = await Promise.all([listTargetVolumes(db), listRecentJobs(db, JOBS_MAX)]);
    return {
      ...publicState(state),
      volumes: volumes.map((volume) => ({
        volume_id: volume.volumeId,
        vm: volume.vmName,
        disk_id: volume.diskId,
        path: cloudVolumeFile(state.dir, volume.volumeId),
      })),
      jobs: jobs.map((job) => ({
        job_id: job.id,
        queue: job.queue,
        status: job.status,
        worker_pid: workerPid(job.leaseOwner),
        percent: job.percent,
      })),
    };
  } finally {
    await db.destroy();
  }
}

/** Workers are named `<host>-<pid>`. */
function workerPid(leaseOwner: string | null): number | null {
  const pid = /-(\d+)$/.exec(leaseOwner ?? '')?.[1];
  return pid === undefined ? null : Number(pid);
}
