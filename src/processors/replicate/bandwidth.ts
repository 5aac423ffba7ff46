import { bandwidthLimitsOf } from '../../db/stores/bandwidth-store.ts';
import type { Knex } from '../../db/knex.ts';
import { RateLimit } from '../../transfer/rate-limit.ts';

/** Limits of a worker process, in bytes per second; 0 is no limit. They hold until the database says otherwise. */
export interface ConfiguredLimits {
  readonly workerBytesPerS: number;
  readonly jobBytesPerS: number;
  readonly diskBytesPerS: number;
}

/** What all jobs of this process share. */
export class WorkerBandwidth {
  readonly #configured: ConfiguredLimits;
  readonly #limit: RateLimit;

  constructor(configured: ConfiguredLimits) {
    this.#configured = configured;
    this.#limit = new RateLimit(configured.workerBytesPerS);
  }

  forJob(jobId: string): JobBandwidth {
    return new JobBandwidth(jobId, { worker: this.#limit, configured: this.#configured });
  }
}

/** What all disks of one job share; a limit for each of them within it. */
export class JobBandwidth {
  readonly #jobId: string;
  readonly #worker: RateLimit;
  readonly #configured: ConfiguredLimits;
  readonly #limit: RateLimit;
  readonly #disks: RateLimit[] = [];
  #diskBytesPerS: number;

  constructor(jobId: string, within: { readonly worker: RateLimit; readonly configured: ConfiguredLimits }) {
    this.#jobId = jobId;
    this.#worker = within.worker;
    this.#configured = within.configured;
    this.#limit = new RateLimit(within.configured.jobBytesPerS, { within: within.worker });
    this.#diskBytesPerS = within.configured.diskBytesPerS;
  }

  /** The limit of one more disk. */
  forDisk(): RateLimit {
    const disk = new RateLimit(this.#diskBytesPerS, { within: this.#limit });
    this.#disks.push(disk);
    return disk;
  }

  /** The smaller one of the job's and the worker's; null: there is none. */
  get bytesPerSInForce(): number | null {
    return this.#limit.bytesPerSInForce ?? null;
  }

  /** Does as the database says now. When it cannot be asked, everything stays as it is. */
  async refresh(db: Knex): Promise<void> {
    const wanted = await bandwidthLimitsOf(db, this.#jobId);
    this.#worker.set(wanted.worker ?? this.#configured.workerBytesPerS);
    this.#limit.set(wanted.job ?? this.#configured.jobBytesPerS);
    this.#diskBytesPerS = wanted.disk ?? this.#configured.diskBytesPerS;
    for (const disk of this.#disks) disk.set(this.#diskBytesPerS);
  }
}
