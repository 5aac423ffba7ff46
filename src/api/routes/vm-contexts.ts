import type { Knex } from '../../db/knex.ts';
import { findContext, listContexts, type ContextRecord } from '../../db/stores/context-store.ts';
import { listDisks } from '../../db/stores/disk-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { cbtHistory, findReplication, listReplications } from '../../db/stores/replication-store.ts';
import type { ApiContext } from '../context.ts';
import { decodeCursor, nextCursor } from '../cursor.ts';
import { NOT_MODIFIED, tagged } from '../etag.ts';
import { contextByName } from '../replications/context-by-name.ts';
import { presentReplication } from '../present/replication.ts';
import { presentContext, presentDisk } from '../present/vm-context.ts';
import { wire } from '../present/wire.ts';
import { defineRoute, noBody, noParams, noQuery, type Route } from '../route.ts';
import { IfNoneMatch } from '../schemas/conditional-headers.ts';
import {
  ContextIdParam,
  VmContextDetail,
  VmContextFilter,
  VmContextList,
  VmNameParam,
  VmNameQuery,
} from '../schemas/vm-contexts.ts';

const LIMIT_DEFAULT = 1000;
const HISTORY = 10;
const CYCLES = 20;

export const vmContextRoutes = ({ db }: ApiContext): readonly Route[] => [list(db), byId(db), byName(db)];

const list = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts',
    summary: 'Protected VMs by name',
    tag: 'vm-contexts',
    params: noParams,
    query: VmContextFilter,
    body: noBody,
    answers: { 200: { description: 'a page of VMs', schema: VmContextList } },
    async handle({ query }) {
      const limit = query.limit ?? LIMIT_DEFAULT;
      const [vmName, contextId] = decodeCursor(query.cursor, 2) ?? [];
      const page = await listContexts(db, {
        status: query.status,
        vcenterHost: query.vcenter_host,
        limit,
        after: vmName === undefined || contextId === undefined ? undefined : [vmName, contextId],
      });
      const next = nextCursor({ rows: page.rows, limit }, (row) => [row.vmName, row.contextId]);
      return {
        status: 200,
        body: { count: page.total, vm_contexts: page.rows.map(presentContext), next_cursor: next },
      };
    },
  });

const byId = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/by-id/{context_id}',
    summary: 'One protected VM by the id of its context',
    tag: 'vm-contexts',
    params: ContextIdParam,
    query: noQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: {
      200: { description: 'the VM with its disks and history, with its ETag', schema: VmContextDetail },
      ...NOT_MODIFIED,
    },
    refusals: [{ status: 404, codes: ['context.unknown'] }],
    async handle({ params, req }) {
      const context = await findContext(db, params.context_id);
      if (context === undefined) throw contextUnknown(params.context_id);
      return tagged(req, await detail(db, context));
    },
  });

const byName = (db: Knex): Route =>
  defineRoute({
    method: 'get',
    path: '/vm-contexts/{vm_name}',
    summary: 'One protected VM by name',
    tag: 'vm-contexts',
    params: VmNameParam,
    query: VmNameQuery,
    headers: IfNoneMatch,
    body: noBody,
    answers: {
      200: { description: 'the VM with its disks and history, with its ETag', schema: VmContextDetail },
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

/** A fixed number of queries, whatever the VM has. */
async function detail(db: Knex, context: ContextRecord): Promise<Record<string, unknown>> {
  const of = { vm_context_id: context.contextId };
  const [current, history, disks, cycles] = await Promise.all([
    context.currentJobId === null ? undefined : findReplication(db, context.currentJobId),
    listReplications(db, { contextId: context.contextId, limit: HISTORY }),
    listDisks(db, of),
    cbtHistory(db, of, CYCLES),
  ]);
  return {
    context: presentContext(context),
    current_job: current === undefined ? null : presentReplication(current),
    job_history: history.rows.map(presentReplication),
    disks: disks.map(presentDisk),
    cbt_history: cycles.map(wire),
  };
}
