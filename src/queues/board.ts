import { Queue } from 'bullmq';
import type { RedisConfig } from '../config/config.ts';
import { queueLog } from '../base/logger.ts';
import { QUEUE_NAMES } from './define-job.ts';
import { within } from './loop.ts';
import { WorkerConnection } from './redis.ts';

/** Every queue of this version as BullMQ sees it, for a dashboard that reads them. Close it. */
export interface Board extends AsyncDisposable {
  readonly queues: readonly Queue[];
  /** Whether Redis is there. What is asked while it is not waits until it is back. */
  isReady(): boolean;
  /** Redis took a question and is silent: asks again over a new connection, because the old one may lead nowhere. */
  renew(): void;
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;

/**
 * Redis need not be there yet; what is asked of a queue meanwhile waits for it, so whoever shows this to people sets a
 * limit. Read only: what somebody does to a message here the ledger undoes, because the row is the job.
 */
export function openBoard(redis: RedisConfig): Board {
  const connection = new WorkerConnection(redis);
  const queues = QUEUE_NAMES.map((name) => {
    const queue = new Queue(name, { connection, prefix: redis.prefix, skipMetasUpdate: true });
    queue.on('error', (error) => queueLog.debug({ queue: name, reason: error.message }, 'queue error'));
    return queue;
  });
  const close = async (): Promise<void> => {
    await within(CLOSE_WITHIN_MS, Promise.allSettled(queues.map((queue) => queue.close())));
    connection.cut();
  };
  const isReady = (): boolean => connection.status === 'ready';
  let isRenewing = false;
  connection.on('close', () => (isRenewing = false));
  const renew = (): void => {
    if (isRenewing || !isReady()) return;
    isRenewing = true;
    connection.disconnect(true);
  };
  return { queues, isReady, renew, close, [Symbol.asyncDispose]: close };
}
