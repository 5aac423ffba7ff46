import { inTransaction } from '../../db/knex.ts';
import {
  bandwidthLimits,
  changeBandwidthLimits,
  type BandwidthLimits as Limits,
} from '../../db/stores/bandwidth-store.ts';
import { refuseTooLow } from '../bandwidth-floor.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { BandwidthLimits, ChangeBandwidthLimits } from '../schemas/bandwidth-limits.ts';

const tag = 'bandwidth';

/** How fast copies may be in general; a replication of its own: PUT /replications/{id}. */
export const bandwidthRoutes = (context: ApiContext): readonly Route[] => [show(context), change(context)];

const show = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/bandwidth-limits',
    summary: 'How fast copies may be',
    tag,
    params: noParams,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the limits', schema: BandwidthLimits } },
    async handle() {
      return { status: 200, body: present(await bandwidthLimits(db)) };
    },
  });

const change = ({ db }: ApiContext): Route =>
  defineRoute({
    method: 'put',
    path: '/bandwidth-limits',
    summary: 'Change how fast copies may be',
    description:
      'Holds for copies that run too: their workers look every two seconds. What crosses no wire (holes, zeros) is free.',
    tag,
    params: noParams,
    query: noQuery,
    body: ChangeBandwidthLimits,
    answers: { 200: { description: 'the limits as they are now', schema: BandwidthLimits } },
    refusals: [{ status: 400, codes: ['bandwidth.too-low'] }],
    async handle({ body, user }) {
      refuseTooLow(body);
      const { worker_bytes_per_s: worker, job_bytes_per_s: job, disk_bytes_per_s: disk } = body;
      await inTransaction(db, (trx) => changeBandwidthLimits(trx, { worker, job, disk }, user), { idempotent: true });
      return { status: 200, body: present(await bandwidthLimits(db)) };
    },
  });

const present = ({ worker, job, disk }: Limits): Record<string, unknown> => ({
  worker_bytes_per_s: worker ?? null,
  job_bytes_per_s: job ?? null,
  disk_bytes_per_s: disk ?? null,
});
