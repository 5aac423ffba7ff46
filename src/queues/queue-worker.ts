import { Worker, type Job } from 'bullmq';
import { workerLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';
import type { RedisConfig } from '../config/config.ts';
import type { QueueName } from './define-job.ts';
import { KEEP_COMPLETED, KEEP_FAILED, type Doorbell } from './doorbell.ts';
import { WorkerConnection } from './redis.ts';

export interface QueueWorkerOptions {
  readonly queue: QueueName;
  readonly redis: RedisConfig;
  readonly name: string;
  readonly concurrency: number;
  /** Works one message off. */
  readonly take: (data: unknown) => Promise<string>;
}

/** BullMQ's lock on a message; the lease in the database is what counts, so this one may be generous. */
const LOCK_MS = 60 * SECOND;
/** The counter never goes back for the life of a message, and only means that Redis was away. */
const STALLS_MAX = 10;
/** How soon a worker asks again after Redis failed it. */
const RETRY_MS = 1 * SECOND;

/** The BullMQ worker of one queue, with connections of its own, replaced when it stops taking messages. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  /** The last one is in use; earlier ones belong to workers that were replaced, which is rare. */
  readonly #connections: WorkerConnection[] = [];
  readonly #retired: Promise<void>[] = [];
  #connection: WorkerConnection;
  #worker: Worker;
  #running = 0;
  #takenSinceProbe = 0;
  #oldestAtProbe: string | undefined;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
    this.#connection = this.#connect();
    this.#worker = this.#start();
  }

  /**
   * Looks whether messages wait although slots are free and nothing was taken since the last look: a BullMQ worker in
   * that state has been seen to stay in it for ever, without an error. It is replaced; what it runs goes on.
   * Source: bullmq issues #2466, #4378, #4585.
   * @returns whether it was replaced
   */
  async probe(doorbell: Pick<Doorbell, 'isReady' | 'waitingIds'>): Promise<boolean> {
    const taken = this.#takenSinceProbe;
    this.#takenSinceProbe = 0;
    if (!doorbell.isReady()) return false;
    const [oldest] = await doorbell.waitingIds(this.#options.queue, 0, 1);
    const isSame = oldest !== undefined && oldest === this.#oldestAtProbe;
    this.#oldestAtProbe = oldest;
    if (!isSame || taken > 0 || this.#running >= this.#options.concurrency) return false;
    workerLog.error({ queue: this.#options.queue, waiting: oldest }, 'worker takes nothing, replaced');
    this.#retired.push(this.#worker.close().catch(() => undefined));
    this.#connection = this.#connect();
    this.#worker = this.#start();
    this.#oldestAtProbe = undefined;
    return true;
  }

  /** Takes nothing more; resolves when what runs has ended and its messages are put away. */
  async close(): Promise<void> {
    await Promise.all([this.#worker.close(), ...this.#retired]);
  }

  /** Cuts the connections: nothing of it keeps the process alive. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  #connect(): WorkerConnection {
    const connection = new WorkerConnection(this.#options.redis);
    this.#connections.push(connection);
    return connection;
  }

  #start(): Worker {
    const { queue, redis, name, concurrency } = this.#options;
    const worker = new Worker(
      queue,
      bullProcessor((data) => this.#take(data)),
      {
        connection: this.#connection,
        prefix: redis.prefix,
        name,
        concurrency,
        lockDuration: LOCK_MS,
        maxStalledCount: STALLS_MAX,
        runRetryDelay: RETRY_MS,
        removeOnComplete: KEEP_COMPLETED,
        removeOnFail: KEEP_FAILED,
      },
    );
    // Without a listener an absent Redis would end the process.
    worker.on('error', (error) => workerLog.debug({ queue, reason: error.message }, 'bullmq error'));
    return worker;
  }

  async #take(data: unknown): Promise<string> {
    this.#takenSinceProbe += 1;
    this.#running += 1;
    try {
      return await this.#options.take(data);
    } finally {
      this.#running -= 1;
    }
  }
}

/**
 * The function that BullMQ calls. It looks at the number of formal parameters and makes an AbortSignal only for three.
 * Ours comes from the lease; three they are nevertheless, so that nobody who needs BullMQ's is surprised.
 */
export function bullProcessor(
  take: (data: unknown) => Promise<string>,
): (message: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<string> {
  return async (message, _token, _signal) => take(message.data);
}
