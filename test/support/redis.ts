import { randomBytes } from 'node:crypto';
import type { RedisConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secrets.ts';
import { required } from './run-services.ts';

/** The Redis of this run, with a prefix of its own for each call: queues of two test files never meet. */
export function testRedis(): RedisConfig {
  return { url: new Secret(required('TEST_REDIS_URL')), prefix: `t-${randomBytes(6).toString('hex')}` };
}
