import type { Knex } from '../../db/knex.ts';
import { currentSteps, replicationsOf, trackedOf } from '../../db/stores/context-job-store.ts';
import { findContext, sourceInventory, type ContextRecord } from '../../db/stores/context-store.ts';
import { listDisks } from '../../db/stores/disk-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { cbtHistory, findReplication, listReplications } from '../../db/stores/replication-store.ts';
import type { ApiContext } from '../context.ts';
import { NOT_MODIFIED, tagged } from '../etag.ts';
import { presentRecentJobs } from '../present/recent-job.ts';
import { presentReplication } from '../present/replication.ts';
import { presentContext, presentDisk, presentInventoryDisks } from '../present/vm-context.ts';
import { wire } from '../present/wire.ts';
import { contextByName } from '../replications/context-by-name.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { IfNoneMatch } from '../schemas/conditional-headers.ts';
import {
  ContextIdParam,
  RecentJobs,
  UngroupedFilter,
  VmContextDetail,
  VmContextDisks,
  VmContextFilter,
  VmContextList,
  VmNameParam,
  VmNameQuery,
} from '../schemas/vm-contexts.ts';
import { contextPage, factsOf } from '../vm-contexts/page.ts';

const HISTORY = 10;
const CYCLES = 20;
const RECENT = { replications: 10, others: 20 };
const tag = 'vm-contexts';

/** Fixed paths come before the pattern of a name, which would match them too. */
export const vmContextRoutes = ({ db, clock }: ApiContext): readonly Route[] => [
  list(db),
  ungrouped(db),
  byId(db),
  disks(db),
  recentJobs(db, clock),
  byName(db),
];

const list = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts',
    summary: 'Protected VMs by name',
    tag,
    params: noParams,
    query: VmContextFilter,
    body: noBody,
    answers: { 200: { description: 'a page of VMs', schema: VmContextList } },
    async handle({ query }) {
      const filter = {
        status: query.status,
        vcenterHost: query.vcenter_host,
        nameHas: query.q,
        nameBegins: query.vm_name,
        group: query.group,
        ungrouped: query.ungrouped,
      };
      return { status: 200, body: await contextPage(db, filter, query) };
    },
  });

const ungrouped = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/ungrouped',
    summary: 'Protected VMs in no machine group',
    description:
      'The same as /vm-contexts?ungrouped=true. A VM that is really called "ungrouped" is found by its id, or by ' +
      '/vm-contexts?vm_name=ungrouped.',
    tag,
    params: noParams,
    query: UngroupedFilter,
    body: noBody,
    answers: { 200: { description: 'a page of VMs', schema: VmContextList } },
    async handle({ query }) {
      return { status: 200, body: await contextPage(db, { ungrouped: true }, query) };
    },
  });

const byId = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/by-id/{context_id}',
    summary: 'One protected VM by the id of its context',
    tag,
    params: ContextIdParam,
    query: noQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: {
      200: { description: 'the VM with its disks and history', schema: VmContextDetail, headers: ['ETag'] },
      ...NOT_MODIFIED,
    },
    refusals: [{ status: 404, codes: ['context.unknown'] }],
    async handle({ params, req }) {
      return tagged(req, await detail(db, await contextOf(db, params.context_id)));
    },
  });

const disks = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/{context_id}/disks',
    summary: 'The disks of a VM',
    description: 'Before the first job of the VM: as its source described them.',
    tag,
    params: ContextIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'its disks', schema: VmContextDisks } },
    refusals: [{ status: 404, codes: ['context.unknown'] }],
    async handle({ params }) {
      const { contextId } = await contextOf(db, params.context_id);
      const found = await disksOf(db, contextId);
      return { status: 200, body: { context_id: contextId, count: found.length, disks: found } };
    },
  });

const recentJobs = (db: Knex, clock: ApiContext['clock']): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/{context_id}/recent-jobs',
    summary: 'The newest jobs of a VM, of every kind',
    description: 'Replications, failovers, rollbacks and deletions; at most 20, at most 10 of them replications.',
    tag,
    params: ContextIdParam,
    query: noQuery,
    body: noBody,
    answers: { 200: { description: 'newest first', schema: RecentJobs } },
    refusals: [{ status: 404, codes: ['context.unknown'] }],
    async handle({ params }) {
      const { contextId } = await contextOf(db, params.context_id);
      const [replications, tracked] = await Promise.all([
        replicationsOf(db, contextId, RECENT.replications),
        trackedOf(db, contextId, RECENT.others),
      ]);
      const steps = await currentSteps(
        db,
        [...replications, ...tracked].map(({ id }) => id),
      );
      const jobs = presentRecentJobs({ replications, tracked, steps, nowMs: clock.now() });
      return { status: 200, body: { context_id: contextId, count: jobs.length, jobs } };
    },
  });

const byName = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/{vm_name}',
    summary: 'One protected VM by name',
    tag,
    params: VmNameParam,
    query: VmNameQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: {
      200: { description: 'the VM with its disks and history', schema: VmContextDetail, headers: ['ETag'] },
      ...NOT_MODIFIED,
    },
    refusals: [
      { status: 404, codes: ['context.unknown-name'] },
      { status: 409, codes: ['context.ambiguous'] },
    ],
    async handle({ params, query, req }) {
      const context = await contextByName(db, { vmName: params.vm_name, vcenterHost: query.vcenter_host });
      return tagged(req, await detail(db, context));
    },
  });

/** @throws notFound `context.unknown` */
async function contextOf(db: Knex, contextId: string): Promise<ContextRecord> {
  const context = await findContext(db, contextId);
  if (context === undefined) throw contextUnknown(contextId);
  return context;
}

/** A fixed number of queries, whatever the VM has. */
async function detail(db: Knex, context: ContextRecord): Promise<Record<string, unknown>> {
  const { contextId } = context;
  const [current, history, vmDisks, cycles, facts] = await Promise.all([
    context.currentJobId === null ? undefined : findReplication(db, context.currentJobId),
    listReplications(db, { contextId, limit: HISTORY }),
    disksOf(db, contextId),
    cbtHistory(db, { vm_context_id: contextId }, CYCLES),
    factsOf(db, [contextId]),
  ]);
  return {
    context: presentContext(context, facts),
    current_job: current === undefined ? null : presentReplication(current),
    job_history: history.rows.map(presentReplication),
    disks: vmDisks,
    cbt_history: cycles.map(wire),
  };
}

/** What jobs know of the disks of a VM; before its first job, what its source told. */
async function disksOf(db: Knex, contextId: string): Promise<Record<string, unknown>[]> {
  const known = await listDisks(db, { vm_context_id: contextId });
  if (known.length > 0) return known.map(presentDisk);
  return presentInventoryDisks(await sourceInventory(db, contextId));
}
