import { upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { probe } from '../../db/probe.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { Health, Live, Ready } from '../schemas/health.ts';

/** Whoever asks for health asks again soon: an answer now is worth more than a sure one later. */
const PROBE_WITHIN_MS = 2 * SECOND;

const open = { method: 'get', tag: 'health', open: true, params: noParams, query: noQuery, body: noBody } as const;

export const healthRoutes = ({ db, version }: ApiContext): readonly Route[] => [
  defineRoute({
    ...open,
    path: '/health',
    summary: 'Is it up, for how long, which version',
    answers: { 200: { description: 'the process answers', schema: Health } },
    async handle() {
      const isUp = await probe(db, PROBE_WITHIN_MS);
      const [status, database] = isUp ? ['healthy', 'ok'] : ['degraded', 'unreachable'];
      return { status: 200, body: { status, database, version, uptime: Math.floor(process.uptime()) } };
    },
  }),
  defineRoute({
    ...open,
    path: '/health/live',
    summary: 'Does the process answer at all',
    answers: { 200: { description: 'it does', schema: Live } },
    handle: () => Promise.resolve({ status: 200, body: { status: 'live' } }),
  }),
  defineRoute({
    ...open,
    path: '/health/ready',
    summary: 'Can it serve requests: the database answers',
    answers: { 200: { description: 'it can', schema: Ready } },
    refusals: [{ status: 503, codes: ['db.unreachable'] }],
    async handle() {
      if (await probe(db, PROBE_WITHIN_MS)) return { status: 200, body: { status: 'ready' } };
      throw upstream('db.unreachable', 'the database does not answer', { hint: 'check that MariaDB runs' });
    },
  }),
];
