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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}
