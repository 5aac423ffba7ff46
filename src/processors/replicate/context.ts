import type { Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { ReplicationPayload } from '../../queues/jobs/replicate.ts';
import type { VerifyMode } from '../../transfer/verify/sample.ts';
import type { VmaClient } from '../../vma/client.ts';
import type { WorkerBandwidth } from './bandwidth.ts';
import type { VolumeDaemonClient } from '../../volumes/client.ts';

/** What a replication needs from the world. */
export interface ReplicateDeps {
  readonly db: Knex;
  readonly vma: VmaClient;
  readonly volumes: VolumeDaemonClient;
  /** Opens what is sealed in ossea_configs. */
  readonly box: SecretBox;
  readonly installationId: string;
  /** Shared by all jobs of this process. */
  readonly bandwidth: WorkerBandwidth;
  /** NBD connections per side and disk; a source's own limit may lower it. */
  readonly connections: number;
  /** What is read again after a copy, unless the job says otherwise. */
  readonly verify: VerifyMode;
  /** Of this worker: hashes of what the disks' last verified cycles read. */
  readonly manifestDir: string;
  /** The storage of new volumes is known to read zero, so that a fresh target needs no zeroing. */
  readonly newVolumesAreZero: boolean;
  /** A full copy onto a replica that was whole once finds out by hashes what differs, and copies that. */
  readonly fullResyncByHash: boolean;
  /** A disk that is only ever copied by its changes is compared by hash after so many days; 0: never. */
  readonly compareEveryDays: number;
  /** How far the clocks of VMA and vCenter may be apart. */
  readonly clockSkewMs: number;
}

/** What each step of one replication sees. */
export interface Replication {
  readonly run: JobRun<ReplicationPayload>;
  readonly deps: ReplicateDeps;
}
