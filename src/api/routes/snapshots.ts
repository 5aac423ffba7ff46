import { sweptVcenters } from '../../db/stores/snapshot-finding-store.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { SnapshotReport } from '../schemas/snapshots.ts';
import { presentReport } from '../snapshots/report.ts';

export const snapshotRoutes = (context: ApiContext): readonly Route[] => [show(context)];

const show = ({ db, clock }: ApiContext): Route =>
  defineRoute({
    method: 'get',
    path: '/snapshots',
    summary: 'Snapshots of this installation at the vCenters, and alarms about them',
    description:
      'What the job sweep-snapshots found last: leftover snapshots with what becomes of them, and alarms by age and by the free ' +
      'space of datastores. Snapshots of people and other programs are counted, never touched.',
    tag: 'snapshots',
    params: noParams,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'the findings', schema: SnapshotReport } },
    async handle() {
      return { status: 200, body: presentReport(await sweptVcenters(db), clock.now()) };
    },
  });
