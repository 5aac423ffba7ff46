import { THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import type { ApiContext } from '../context.ts';
import { failoverPage } from '../failover/list.ts';
import { preflightConfig, preflightValidate, rollbackDecision } from '../failover/preflight.ts';
import { statusOf } from '../failover/status.ts';
import { readinessOf } from '../readiness/vm.ts';
import { defineRoute, noBody, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import {
  FailoverIdParam,
  FailoverJobs,
  FailoverJobsQuery,
  FailoverStatusAnswer,
  FailoverTypeAndVm,
  FailoverVmIdParam,
  PreflightConfig,
  PreflightValidated,
  RollbackDecision,
} from '../schemas/failover-answers.ts';
import { UnifiedFailover } from '../schemas/failover-requests.ts';
import { FailoverReadinessByVm, ReadinessQuery } from '../schemas/readiness.ts';

/** What nothing changes by: failovers as they stand, readiness, and what a person is asked. */
export const failoverLookRoutes = (context: ApiContext): readonly Route[] => [
  jobs(context),
  config(context),
  validate(context),
  decision(context),
  status(context),
  readiness(context),
];

const get = { method: 'get', tag: 'failover', body: noBody, query: noQuery } as const;
const VM: readonly Refusal[] = [
  { status: 404, codes: ['context.unknown-name'] },
  { status: 409, codes: ['context.ambiguous'] },
];
const TYPE: Refusal = { status: 400, codes: ['failover.unknown-type'] };

const jobs = ({ db }: ApiContext): Route =>
  defineRoute({
    ...get,
    path: '/failover/jobs',
    summary: 'Failovers, newest first',
    params: noParams,
    query: FailoverJobsQuery,
    answers: { 200: { description: 'a page of failovers', schema: FailoverJobs } },
    handle: async ({ query }) => ({ status: 200, body: await failoverPage(db, query) }),
  });

const config = ({ db }: ApiContext): Route =>
  defineRoute({
    ...get,
    path: '/failover/preflight/config/{failover_type}/{vm_name}',
    summary: 'What a failover asks a person',
    params: FailoverTypeAndVm,
    answers: { 200: { description: 'its questions, with their defaults', schema: PreflightConfig } },
    refusals: [TYPE, ...VM],
    handle: async ({ params }) => ({
      status: 200,
      body: await preflightConfig(db, { type: params.failover_type, vmWord: params.vm_name }),
    }),
  });

const validate = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    tag: 'failover',
    path: '/failover/preflight/validate',
    summary: 'Whether a failover would be accepted',
    description: 'Does nothing. success says whether POST /failover/unified would accept the same request now.',
    params: noParams,
    query: noQuery,
    body: UnifiedFailover,
    answers: { 200: { description: 'the outcome', schema: PreflightValidated } },
    refusals: [
      { status: 400, codes: ['failover.other-vm', 'failover.options'] },
      { status: 404, codes: ['context.unknown'] },
    ],
    answersWithinMs: THROUGH_CLOUD_MS,
    handle: async ({ body }) => ({ status: 200, body: await preflightValidate(context, body) }),
  });

const decision = ({ db }: ApiContext): Route =>
  defineRoute({
    ...get,
    path: '/failover/rollback/decision/{failover_type}/{vm_name}',
    summary: 'What is to be decided before a rollback',
    params: FailoverTypeAndVm,
    answers: { 200: { description: 'the question, if there is one', schema: RollbackDecision } },
    refusals: [TYPE, ...VM],
    handle: async ({ params }) => ({
      status: 200,
      body: await rollbackDecision(db, { type: params.failover_type, vmWord: params.vm_name }),
    }),
  });

const status = ({ db, clock }: ApiContext): Route =>
  defineRoute({
    ...get,
    path: '/failover/{job_id}/status',
    summary: 'Where a failover stands',
    description: 'Takes the id of the job, its external id, and the ids of the jobs that take it back or commit it.',
    params: FailoverIdParam,
    answers: { 200: { description: 'the failover and its job', schema: FailoverStatusAnswer } },
    refusals: [{ status: 404, codes: ['failover.unknown'] }],
    handle: async ({ params }) => ({ status: 200, body: await statusOf(db, params.job_id, new Date(clock.now())) }),
  });

const readiness = (context: ApiContext): Route =>
  defineRoute({
    ...get,
    path: '/failover/{vm_id}/readiness',
    summary: 'Whether a VM may be failed over',
    params: FailoverVmIdParam,
    query: ReadinessQuery,
    answers: { 200: { description: 'every rule, and what it found', schema: FailoverReadinessByVm } },
    refusals: VM,
    answersWithinMs: THROUGH_CLOUD_MS,
    handle: async ({ params, query }) => ({ status: 200, body: await readinessOf(context, params.vm_id, query) }),
  });
