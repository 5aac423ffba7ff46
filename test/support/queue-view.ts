import { Queue } from 'bullmq';
import type { RedisConfig } from '../../src/config/config.ts';

/** Looks into a queue of Redis as Bull Board would. Dispose it. */
export class QueueView implements AsyncDisposable {
  readonly #queue: Queue<{ jobId: string }>;

  constructor(redis: RedisConfig, name: string) {
    const url = new URL(redis.url.reveal());
    const connection = { host: url.hostname, port: Number(url.port), password: decodeURIComponent(url.password) };
    this.#queue = new Queue(name, { connection, prefix: redis.prefix });
  }

  async waitingJobIds(): Promise<string[]> {
    const jobs = await this.#queue.getJobs(['waiting', 'prioritized']);
    return jobs.map((job) => job.data.jobId);
  }

  /** How every delivery of this job stands, oldest first: its state and what its worker said, or why it failed. */
  async deliveriesOf(jobId: string): Promise<{ state: string; says: unknown }[]> {
    const jobs = await this.#queue.getJobs(
      ['active', 'completed', 'failed', 'waiting', 'prioritized', 'delayed'],
      0,
      99,
    );
    const ours = jobs.filter((job) => job.data.jobId === jobId).sort((a, b) => a.timestamp - b.timestamp);
    return Promise.all(
      ours.map(async (job) => ({ state: await job.getState(), says: job.failedReason ?? job.returnvalue })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}
