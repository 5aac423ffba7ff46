import { acceptFailover } from '../failover/accept.ts';
import { askerOf } from '../failover/asker.ts';
import { assertSourceStated } from '../failover/options.ts';
import type { ApiContext } from '../context.ts';
import { once } from '../replications/once.ts';
import { defineRoute, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import { FailoverAccepted } from '../schemas/failover-answers.ts';
import { StartLiveFailover, StartTestFailover, UnifiedFailover } from '../schemas/failover-requests.ts';
import { IdempotencyHeader } from '../schemas/fields.ts';
import { THROUGH_CLOUD_MS } from '../cloud/refusals.ts';
import { failoverEndRoutes } from './failover-end.ts';
import { failoverLookRoutes } from './failover-look.ts';

export const failoverRoutes = (context: ApiContext): readonly Route[] => [
  live(context),
  test(context),
  unified(context),
  ...failoverEndRoutes(context),
  ...failoverLookRoutes(context),
];

const REFUSALS: readonly Refusal[] = [
  { status: 400, codes: ['failover.other-vm', 'failover.options'] },
  { status: 404, codes: ['context.unknown'] },
  {
    status: 409,
    codes: ['context.busy', 'failover.not-allowed', 'failover.no-usable-copy', 'failover.not-ready'],
  },
  { status: 422, codes: ['idempotency.key-reused'] },
];

const shared = {
  method: 'post',
  tag: 'failover',
  params: noParams,
  query: noQuery,
  headers: IdempotencyHeader,
  answers: {
    202: { description: 'accepted', schema: FailoverAccepted, headers: ['Location', 'Idempotent-Replayed'] },
  },
  refusals: REFUSALS,
  answersWithinMs: THROUGH_CLOUD_MS,
} as const;

const CHECKED =
  'Readiness is judged first: with findings that forbid it, the answer is 409 failover.not-ready, and errors names them.';

const live = (context: ApiContext): Route =>
  defineRoute({
    ...shared,
    path: '/failover/live',
    summary: 'Fail a VM over for good',
    description: `The source is shut down and replicated once more, unless the request says otherwise. ${CHECKED}`,
    body: StartLiveFailover,
    handle({ body, user, req }) {
      const { context_id: contextId, vm_id: vmId, vm_name: vmName, notification_config: _unused, ...asked } = body;
      const asker = askerOf(req, user, body);
      const vm = { contextId, vmId, vmName };
      return once(context.db, asker.key, () =>
        acceptFailover(context, { ...asker, vm, asked: { ...asked, failover_type: 'live' } }),
      );
    },
  });

const test = (context: ApiContext): Route =>
  defineRoute({
    ...shared,
    path: '/failover/test',
    summary: 'Try the failover of a VM out',
    description:
      'The VM starts from its last committed point in an isolated network; its source is never touched, and its ' +
      `replication waits meanwhile. ${CHECKED}`,
    body: StartTestFailover,
    handle({ body, user, req }) {
      const { context_id: contextId, vm_id: vmId, vm_name: vmName, notification_config: _unused, ...asked } = body;
      const asker = askerOf(req, user, body);
      const vm = { contextId, vmId, vmName };
      return once(context.db, asker.key, () =>
        acceptFailover(context, { ...asker, vm, asked: { ...asked, failover_type: 'test' } }),
      );
    },
  });

const unified = (context: ApiContext): Route =>
  defineRoute({
    ...shared,
    path: '/failover/unified',
    summary: 'Fail a VM over, either way',
    description: `A live failover must state power_off_source. ${CHECKED}`,
    body: UnifiedFailover,
    handle({ body, user, req }) {
      const { context_id: contextId, vmware_vm_id: vmId, vm_name: vmName, ...asked } = body;
      assertSourceStated(asked);
      const asker = askerOf(req, user, body);
      const vm = { contextId, vmId, vmName };
      return once(context.db, asker.key, () => acceptFailover(context, { ...asker, vm, asked }));
    },
  });
