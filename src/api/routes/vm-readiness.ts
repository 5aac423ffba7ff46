import type { z } from 'zod';
import { THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import type { ApiContext } from '../context.ts';
import { activeJobs, networkMappingStatus, syncStatus, volumeStatus } from '../readiness/parts.ts';
import { configurationCheck, failoverReadiness } from '../readiness/vm.ts';
import { defineRoute, noBody, noQuery, type Refusal, type Route } from '../route.ts';
import { FailoverVmIdParam } from '../schemas/failover-answers.ts';
import {
  ActiveJobs,
  ConfigurationCheck,
  FailoverReadiness,
  ReadinessQuery,
  SyncStatus,
  VmNetworkStatus,
  VolumeStatus,
} from '../schemas/readiness.ts';

const VM: readonly Refusal[] = [
  { status: 404, codes: ['context.unknown-name'] },
  { status: 409, codes: ['context.ambiguous'] },
];
const get = { method: 'get', tag: 'validation', body: noBody, params: FailoverVmIdParam, refusals: VM } as const;

/** Whether a VM is fit for a failover, as a whole and by parts; everything from real rows and from CloudStack. */
export const vmReadinessRoutes = (context: ApiContext): readonly Route[] => [
  defineRoute({
    ...get,
    path: '/vms/{vm_id}/failover-readiness',
    summary: 'Whether a VM may be failed over, rule by rule',
    query: ReadinessQuery,
    answers: { 200: { description: 'every rule, and what it found', schema: FailoverReadiness } },
    answersWithinMs: THROUGH_CLOUD_MS,
    handle: async ({ params, query }) => ({ status: 200, body: await failoverReadiness(context, params.vm_id, query) }),
  }),
  part(context, {
    path: '/vms/{vm_id}/sync-status',
    summary: 'The copy of a VM: whole, how old, incremental next time',
    schema: SyncStatus,
    read: ({ db }, word) => syncStatus(db, word),
  }),
  part(context, {
    path: '/vms/{vm_id}/network-mapping-status',
    summary: 'Where the networks of a VM lead',
    schema: VmNetworkStatus,
    read: ({ db }, word) => networkMappingStatus(db, word),
  }),
  part(context, {
    path: '/vms/{vm_id}/volume-status',
    summary: 'The volumes of a VM',
    schema: VolumeStatus,
    read: ({ db }, word) => volumeStatus(db, word),
  }),
  part(context, {
    path: '/vms/{vm_id}/active-jobs',
    summary: 'The jobs that work on a VM',
    schema: ActiveJobs,
    read: ({ db }, word) => activeJobs(db, word),
  }),
  part(context, {
    path: '/vms/{vm_id}/configuration-check',
    summary: 'Whether networks, target and source of a VM are configured',
    schema: ConfigurationCheck,
    read: configurationCheck,
  }),
];

interface Part {
  readonly path: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly read: (context: ApiContext, word: string) => Promise<Record<string, unknown>>;
}

const part = (context: ApiContext, { path, summary, schema, read }: Part): Route =>
  defineRoute({
    ...get,
    path,
    summary,
    query: noQuery,
    answers: { 200: { description: 'what our rows say', schema } },
    answersWithinMs: THROUGH_CLOUD_MS,
    handle: async ({ params }) => ({ status: 200, body: await read(context, params.vm_id) }),
  });
