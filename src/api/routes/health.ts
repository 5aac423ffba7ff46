import { upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { probe } from '../../db/probe.ts';
import type { Away } from '../away.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { Health, Live, Ready } from '../schemas/health.ts';

/** Whoever asks for health asks again soon: an answer now is worth more than a sure one later. */
const PROBE_WITHIN_MS = 2 * SECOND;

const open = { method: 'get', tag: 'health', open: true, params: noParams, query: noQuery, body: noBody } as const;

/** What answers; everything is asked at once. */
type Probe = () => Promise<{ readonly hasDatabase: boolean; readonly away: readonly Away[] }>;

export function healthRoutes({ db, ledger, askAway, version }: ApiContext): readonly Route[] {
  const ask: Probe = async () => {
    const [hasDatabase, hasRedis, daemons] = await Promise.all([
      probe(db, PROBE_WITHIN_MS),
      ledger.doorbell.answers(PROBE_WITHIN_MS),
      askAway(),
    ]);
    return { hasDatabase, away: hasRedis ? daemons : [REDIS_AWAY, ...daemons] };
  };
  return [health(ask, version), live(), ready(ask)];
}

const REDIS_AWAY: Away = {
  part: 'redis',
  code: 'redis.away',
  hint: 'check that Redis runs, and that MIGRATEKIT_REDIS_URL leads to it; jobs wait in the database until it is back',
};

const reached = (answers: boolean): 'ok' | 'unreachable' => (answers ? 'ok' : 'unreachable');
const isAway = (away: readonly Away[], part: Away['part']): boolean => away.some((each) => each.part === part);

const health = (ask: Probe, version: string): Route =>
  defineRoute({
    ...open,
    path: '/health',
    summary: 'Is it up, for how long, which version',
    description: 'Answers 200 as long as the process lives; the body tells what it depends on.',
    answers: { 200: { description: 'the process answers', schema: Health } },
    async handle() {
      const { hasDatabase, away } = await ask();
      const hasRedis = !isAway(away, 'redis');
      const body = {
        status: hasDatabase && hasRedis ? 'healthy' : 'degraded',
        database: reached(hasDatabase),
        redis: reached(hasRedis),
        vma: reached(!isAway(away, 'vma')),
        volume_daemon: reached(!isAway(away, 'volume-daemon')),
        version,
        uptime: Math.floor(process.uptime()),
      };
      return { status: 200, body };
    },
  });

const live = (): Route =>
  defineRoute({
    ...open,
    path: '/health/live',
    summary: 'Does the process answer at all',
    answers: { 200: { description: 'it does', schema: Live } },
    handle: () => Promise.resolve({ status: 200, body: { status: 'live' } }),
  });

const ready = (ask: Probe): Route =>
  defineRoute({
    ...open,
    path: '/health/ready',
    summary: 'Can it serve requests',
    description:
      'The database is needed. Redis, VMA and volume daemon are not: without them requests are served, and jobs are ' +
      'accepted and wait. `away` names what they wait for.',
    answers: { 200: { description: 'it can', schema: Ready } },
    refusals: [{ status: 503, codes: ['db.unreachable'] }],
    async handle() {
      const { hasDatabase, away } = await ask();
      if (hasDatabase) return { status: 200, body: { status: isAway(away, 'redis') ? 'degraded' : 'ready', away } };
      throw upstream('db.unreachable', 'the database does not answer', { hint: 'check that MariaDB runs' });
    },
  });
