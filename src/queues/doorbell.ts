import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { upstream } from '../base/errors.ts';
import { queueLog } from '../base/logger.ts';
import type { RedisConfig } from '../config/config.ts';
import { within, withLimit } from './loop.ts';
import { producerConnection } from './redis.ts';

/** What goes to Redis: which row, and a title for people. Everything else is in MySQL. */
export interface MessageData {
  readonly jobId: string;
  readonly generation: number;
  readonly title: string;
}

export interface Message {
  readonly queue: string;
  /** Deterministic: the same generation twice is one message. */
  readonly id: string;
  readonly name: string;
  /** 1 is the most urgent. Messages without a priority would overtake all others, so every one has one. */
  readonly priority: number;
  readonly data: MessageData;
}

const DAY_S = 86_400;
/** How long the board remembers; the ledger remembers for ever. */
export const KEEP_COMPLETED = { age: 7 * DAY_S, count: 2_000 };
export const KEEP_FAILED = { age: 30 * DAY_S, count: 5_000 };
/** Retries belong to the ledger, so BullMQ has none. */
const KEEP: JobsOptions = { attempts: 1, removeOnComplete: KEEP_COMPLETED, removeOnFail: KEEP_FAILED };
/** Most urgent and least urgent that BullMQ knows; 0 means "no priority" there. */
const PRIORITY_MAX = 2_097_151;
const AWAY = (): Error =>
  upstream('redis.away', 'redis does not answer', { hint: 'jobs wait in the database until it does' });

/**
 * The producer's side of BullMQ. Every call fails quickly when Redis is away; none of them may fail a caller who has
 * the row in MySQL. Close it.
 */
export class Doorbell {
  readonly #client: Redis;
  readonly #prefix: string;
  readonly #queues = new Map<string, Queue>();

  constructor(config: RedisConfig) {
    this.#client = producerConnection(config);
    this.#prefix = config.prefix;
  }

  isReady(): boolean {
    return this.#client.status === 'ready';
  }

  /** Whether Redis answers a ping within the limit. Never throws. */
  async answers(limitMs: number): Promise<boolean> {
    return this.isReady() && (await within(limitMs, this.#client.ping())) === 'PONG';
  }

  /** Adds these messages. @throws upstream `redis.away` when that took longer than `limitMs`, or did not work. */
  async ring(messages: readonly Message[], limitMs: number): Promise<void> {
    const byQueue = Map.groupBy(messages, (message) => message.queue);
    const added = [...byQueue].map(async ([name, group]) => {
      await this.#queue(name).addBulk(group.map(toBulk));
      return true;
    });
    if ((await withLimit(limitMs, Promise.all(added))) === undefined) throw AWAY();
  }

  /** State of a message in BullMQ's words; `unknown` when it is not there. */
  async stateOf(queue: string, id: string): Promise<string> {
    return this.#queue(queue).getJobState(id);
  }

  /** Ids of messages that wait in a queue, by position. */
  async waitingIds(queue: string, from: number, count: number): Promise<string[]> {
    const jobs = await this.#queue(queue).getJobs(['prioritized', 'waiting', 'delayed'], from, from + count - 1, true);
    return jobs.flatMap((job) => (job?.id === undefined ? [] : [job.id]));
  }

  /** Removes a message that no worker holds. @returns false when one does */
  async remove(queue: string, id: string): Promise<boolean> {
    return (await this.#queue(queue).remove(id)) === 1;
  }

  /** A key that only an emptied Redis lacks. */
  async hasSentinel(): Promise<boolean> {
    if (!this.isReady()) throw AWAY();
    return (await this.#client.exists(this.#sentinel)) === 1;
  }

  async setSentinel(): Promise<void> {
    if (!this.isReady()) throw AWAY();
    await this.#client.set(this.#sentinel, '1');
  }

  async close(): Promise<void> {
    const closing = Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
    await within(2_000, closing);
    this.#client.disconnect();
  }

  get #sentinel(): string {
    return `${this.#prefix}:ledger-sentinel`;
  }

  /**
   * Made only while Redis is there: BullMQ asks for the version once, and a Queue whose first question failed answers
   * every later call with that failure. Such a one is thrown away.
   */
  #queue(name: string): Queue {
    if (!this.isReady()) throw AWAY();
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, { connection: this.#client, prefix: this.#prefix });
    queue.on('error', (error) => queueLog.debug({ queue: name, reason: error.message }, 'queue error'));
    queue.waitUntilReady().catch(() => this.#queues.delete(name));
    this.#queues.set(name, queue);
    return queue;
  }
}

function toBulk(message: Message): { name: string; data: MessageData; opts: JobsOptions } {
  const priority = Math.max(1, Math.min(PRIORITY_MAX, Math.round(message.priority)));
  return { name: message.name, data: message.data, opts: { ...KEEP, jobId: message.id, priority } };
}
