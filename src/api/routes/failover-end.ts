import { askerOf } from '../failover/asker.ts';
import { cancelFailover } from '../failover/cancel.ts';
import { acceptCommit, acceptWayBack, assertTest, assertType } from '../failover/way-back.ts';
import { failoverOf, lastFailoverOf, vmNamed } from '../failover/which-vm.ts';
import type { ApiContext } from '../context.ts';
import { vmOf } from '../network-mappings/vm-of.ts';
import { once } from '../replications/once.ts';
import { defineRoute, noBody, noParams, noQuery, type Refusal, type Route } from '../route.ts';
import {
  CommitAccepted,
  FailoverCancelAccepted,
  FailoverIdParam,
  FailoverVmNameParam,
  WayBackAccepted,
} from '../schemas/failover-answers.ts';
import { CleanUp, RollBack } from '../schemas/failover-requests.ts';
import { IdempotencyHeader } from '../schemas/fields.ts';

/** The ways out of a failover: back, or for good. */
export const failoverEndRoutes = (context: ApiContext): readonly Route[] => [
  rollback(context),
  endTest(context),
  // Before /failover/{vm_name}/cleanup-failed and its like, which would take `cleanup` for a name.
  cleanUp(context),
  cleanUpFailed(context),
  commit(context),
  stop(context),
];

const tag = 'failover';
const headers = IdempotencyHeader;
const wayBack = {
  202: { description: 'accepted', schema: WayBackAccepted, headers: ['Location', 'Idempotent-Replayed'] },
} as const;
const KEY: Refusal = { status: 422, codes: ['idempotency.key-reused'] };
const STANDING: readonly string[] = ['context.busy', 'failover.running', 'failover.committed', 'failover.not-standing'];

const rollback = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/failover/rollback',
    summary: 'Take the last failover of a VM back',
    description:
      'Its VM is stopped and destroyed, its volumes return to the appliance as they were at the last commit, and the ' +
      'next replication is incremental.',
    tag,
    params: noParams,
    query: noQuery,
    headers,
    body: RollBack,
    answers: wayBack,
    refusals: [
      { status: 400, codes: ['failover.other-vm'] },
      { status: 404, codes: ['context.unknown', 'failover.none'] },
      { status: 409, codes: [...STANDING, 'failover.other-type'] },
      KEY,
    ],
    handle({ body, user, req }) {
      const asker = askerOf(req, user, body);
      return once(context.db, asker.key, async () => {
        const { context_id: contextId, vm_id: vmId, vm_name: vmName } = body;
        const vm = await vmNamed(context.db, { contextId, vmId, vmName });
        const failover = await lastFailoverOf(context.db, vm);
        assertType(failover, body.failover_type);
        const { power_on_source: powerOnSource, force_cleanup: forceCleanup } = body;
        return acceptWayBack(context, asker, { failover, kind: 'rollback', powerOnSource, forceCleanup });
      });
    },
  });

const endTest = (context: ApiContext): Route =>
  defineRoute({
    method: 'delete',
    path: '/failover/test/{job_id}',
    summary: 'End a test failover',
    description: 'The same as its rollback: nothing of the test remains, and replication goes on.',
    tag,
    params: FailoverIdParam,
    query: noQuery,
    headers,
    body: noBody,
    answers: wayBack,
    refusals: [
      { status: 400, codes: ['failover.is-live'] },
      { status: 404, codes: ['failover.unknown'] },
      { status: 409, codes: STANDING },
      KEY,
    ],
    handle({ params, user, req }) {
      const asker = askerOf(req, user, {});
      return once(context.db, asker.key, async () => {
        const failover = await failoverOf(context.db, params.job_id);
        assertTest(failover);
        return acceptWayBack(context, asker, { failover, kind: 'rollback' });
      });
    },
  });

const cleanUp = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/failover/cleanup/{vm_name}',
    summary: 'Clean the test failover of a VM up',
    description: 'cleanup_type failed: what a failed one left behind.',
    tag,
    params: FailoverVmNameParam,
    query: noQuery,
    headers,
    body: CleanUp,
    answers: wayBack,
    refusals: [
      { status: 400, codes: ['failover.other-vm', 'failover.is-live'] },
      { status: 404, codes: ['context.unknown', 'context.unknown-name', 'failover.none'] },
      { status: 409, codes: ['context.ambiguous', ...STANDING, 'failover.nothing-failed'] },
      KEY,
    ],
    handle({ params, body, user, req }) {
      const asker = askerOf(req, user, body);
      return once(context.db, asker.key, async () => {
        await vmOf(context.db, params.vm_name);
        const { context_id: contextId, vm_id: vmId, vm_name: vmName } = body;
        const vm = await vmNamed(context.db, { contextId, vmId, vmName });
        const failover = await lastFailoverOf(context.db, vm);
        if (body.cleanup_type === 'failed') return acceptWayBack(context, asker, { failover, kind: 'cleanup-failed' });
        assertTest(failover);
        return acceptWayBack(context, asker, { failover, kind: 'cleanup' });
      });
    },
  });

const cleanUpFailed = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/failover/{vm_name}/cleanup-failed',
    summary: 'Clear up what a failed failover of a VM left behind',
    description:
      'Takes what is already so for done: volumes that are detached, snapshots and VMs that are gone. A failover that ' +
      'went well is not touched.',
    tag,
    params: FailoverVmNameParam,
    query: noQuery,
    headers,
    body: noBody,
    answers: wayBack,
    refusals: [
      { status: 404, codes: ['context.unknown-name', 'failover.none'] },
      { status: 409, codes: ['context.ambiguous', 'context.busy', 'failover.running', 'failover.nothing-failed'] },
      KEY,
    ],
    handle({ params, user, req }) {
      const asker = askerOf(req, user, {});
      return once(context.db, asker.key, async () => {
        const vm = await vmOf(context.db, params.vm_name);
        const failover = await lastFailoverOf(context.db, vm);
        const told = { vm_name: vm.vmName, timestamp: new Date().toISOString() };
        return acceptWayBack(context, asker, { failover, kind: 'cleanup-failed', told });
      });
    },
  });

const commit = (context: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/failover/{job_id}/commit',
    summary: 'Make a live failover final',
    description: 'Its snapshots are deleted: nothing leads back any more, and the protection of the VM ends.',
    tag,
    params: FailoverIdParam,
    query: noQuery,
    headers,
    body: noBody,
    answers: {
      202: { description: 'accepted', schema: CommitAccepted, headers: ['Location', 'Idempotent-Replayed'] },
    },
    refusals: [{ status: 404, codes: ['failover.unknown'] }, { status: 409, codes: STANDING }, KEY],
    handle({ params, user, req }) {
      const asker = askerOf(req, user, {});
      return once(context.db, asker.key, async () =>
        acceptCommit(context, asker, await failoverOf(context.db, params.job_id)),
      );
    },
  });

const stop = ({ ledger, db }: ApiContext): Route =>
  defineRoute({
    method: 'post',
    path: '/failover/{job_id}/cancel',
    summary: 'Cancel a failover',
    description:
      'What it did is undone: volumes, snapshots, its VM, the power of the source. A live failover whose VM has ' +
      'started goes on to its end. Takes the id of a rollback or a commit, too.',
    tag,
    params: FailoverIdParam,
    query: noQuery,
    headers,
    body: noBody,
    answers: {
      202: { description: 'it will end', schema: FailoverCancelAccepted, headers: ['Idempotent-Replayed'] },
    },
    refusals: [
      { status: 404, codes: ['failover.unknown'] },
      { status: 409, codes: ['job.terminal', 'job.committed'] },
      KEY,
    ],
    handle({ params, user, req }) {
      const { key } = askerOf(req, user, {});
      return once(db, key, () => cancelFailover(ledger, { id: params.job_id, user, key }));
    },
  });
