import { Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig } from '../config/config.ts';
import { describeError } from '../base/errors.ts';
import { queueLog } from '../base/logger.ts';
import { SECOND } from '../base/units.ts';

/** Tries again for ever, soon: every message in MySQL waits for this connection. */
const RECONNECT: RedisOptions = {
  retryStrategy: (times) => Math.min(50 * times, 1 * SECOND),
  connectTimeout: 5 * SECOND,
  keepAlive: 10 * SECOND,
  // After disconnect() a timer of this length keeps the process alive, whether the socket closed or not.
  disconnectTimeout: 200,
};

/** For commands with an answer within seconds or none: fails at once while Redis is away, and queues nothing. */
export function producerConnection(config: RedisConfig): Redis {
  const client = new Redis(config.url.reveal(), {
    ...RECONNECT,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    // A Redis that accepts and never answers.
    commandTimeout: 5 * SECOND,
  });
  return quiet(client);
}

/** For BullMQ workers, which block on it and wait out an absence. BullMQ makes a second one like it for blocking. */
export class WorkerConnection extends Redis {
  readonly #copies: Redis[] = [];

  constructor(config: RedisConfig) {
    super(config.url.reveal(), { ...RECONNECT, maxRetriesPerRequest: null });
    quiet(this);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = quiet(super.duplicate(override));
    this.#copies.push(copy);
    return copy;
  }

  /** Cuts every connection: nothing of it keeps the process alive. For when BullMQ does not end by itself. */
  cut(): void {
    for (const client of [this, ...this.#copies]) client.disconnect();
  }
}

/** An absent Redis is said once per absence, not at every attempt; without a listener it would end the process. */
function quiet<C extends Redis>(client: C): C {
  let away = false;
  client.on('error', (error: unknown) => {
    if (!away) queueLog.warn({ reason: describeError(error) }, 'redis is away');
    away = true;
  });
  client.on('ready', () => {
    if (away) queueLog.info('redis is back');
    away = false;
  });
  return client;
}
