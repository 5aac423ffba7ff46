import type { ApiContext } from '../context.ts';
import { findChangeId, storeChangeId } from '../replications/change-id.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { ChangeIdFound, ChangeIdQuery, ChangeIdStored, StoreChangeId } from '../schemas/change-ids.ts';
import { JobIdParam } from '../schemas/fields.ts';

/** /replications/changeid and /replications/{id}/changeid: for movers that are not our workers. */
export const changeIdRoutes = ({ db }: ApiContext): readonly Route[] => [
  defineRoute({
    method: 'get',
    path: '/replications/changeid',
    summary: 'The state that an incremental copy of a disk may start from',
    description:
      'Only a changeId that is true of the target volume as it is now; else an empty one, which means a full copy.',
    tag: 'replications',
    params: noParams,
    query: ChangeIdQuery,
    body: noBody,
    answers: { 200: { description: 'the changeId; empty when there is none', schema: ChangeIdFound } },
    refusals: [{ status: 409, codes: ['context.ambiguous'] }],
    async handle({ query }) {
      const { vm_path: vmPath, disk_id: diskId, vcenter_host: vcenterHost } = query;
      return { status: 200, body: await findChangeId(db, { vmPath, diskId, vcenterHost }) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/replications/{id}/changeid',
    summary: 'Store that an external mover has copied a disk',
    description:
      'Under the claim of the job that runs now, after the target is flushed and its export closed. Our own workers ' +
      'commit their disks themselves. Sent again, it changes nothing.',
    tag: 'replications',
    params: JobIdParam,
    query: noQuery,
    body: StoreChangeId,
    answers: { 200: { description: 'stored', schema: ChangeIdStored } },
    refusals: [
      { status: 404, codes: ['replication.unknown', 'replication.disk-unknown'] },
      {
        status: 409,
        codes: [
          'changeid.stale-epoch',
          'changeid.own-copy',
          'changeid.no-target',
          'changeid.export-open',
          'changeid.not-successor',
        ],
      },
    ],
    async handle({ params, body }) {
      return { status: 200, body: await storeChangeId(db, params.id, body) };
    },
  }),
];
