import { conflict, invalidRequest, type AppError } from '../../base/errors.ts';
import { lockContext } from '../../db/stores/context-store.ts';
import { findFailover, noteFailover, type FailoverRecord } from '../../db/stores/failover-store.ts';
import {
  assertMayCleanUpFailed,
  assertMayCommit,
  assertMayRollBack,
  type FailoverEnd,
} from '../../domain/failover/way-back.ts';
import { contracts } from '../../queues/catalogue.ts';
import type { Transaction } from '../../queues/define-job.ts';
import type { RollbackPayload } from '../../queues/jobs/rollback.ts';
import type { ApiContext } from '../context.ts';
import type { Answer } from '../route.ts';
import { submitted, type Asker } from './submitted.ts';
import { failoverUnknown } from './which-vm.ts';

/** Accepts what follows a failover: its rollback, its clean-up, its commit. Each is a job that holds the VM. */

export interface WayBack {
  readonly failover: FailoverRecord;
  readonly kind: 'rollback' | 'cleanup' | 'cleanup-failed';
  /** Of a live failover; undefined: where the failover powered it off. */
  readonly powerOnSource?: boolean | null | undefined;
  readonly forceCleanup?: boolean | null | undefined;
  /** More to answer with. */
  readonly told?: Readonly<Record<string, unknown>>;
}

/** @throws conflict of assertMayRollBack or assertMayCleanUpFailed, `context.busy`; notFound `failover.unknown` */
export function acceptWayBack({ ledger }: ApiContext, asker: Asker, way: WayBack): Promise<Answer> {
  const { failover, kind } = way;
  const assertMay = kind === 'cleanup-failed' ? assertMayCleanUpFailed : assertMayRollBack;
  const payload: RollbackPayload = {
    contextId: contextOf(failover),
    failoverJobId: failover.jobId,
    kind,
    powerOnSource: failover.jobType === 'live' && (way.powerOnSource ?? wasPoweredOff(failover)),
    forceCleanup: way.forceCleanup ?? false,
  };
  return submitted(ledger, asker, {
    contract: contracts.rollback,
    payload,
    externalJobId: `rollback-${failover.jobType}-failover-${failover.sourceVmName}-${Math.floor(Date.now() / 1000)}`,
    rows: async (trx, jobId) => {
      assertMay(await endOf(trx, failover.jobId));
      await noteFailover(trx, failover.jobId, { rolledBackBy: jobId });
    },
    answer: (jobId) => ({
      success: true,
      message: `${SAID[kind]} of ${failover.sourceVmName} accepted; follow it at /api/v1/failover/${jobId}/status`,
      job_id: jobId,
      failover_job_id: failover.jobId,
      power_on_source: payload.powerOnSource,
      ...way.told,
    }),
  });
}

const SAID = {
  rollback: 'the rollback',
  cleanup: 'the clean-up of the test',
  'cleanup-failed': 'the clean-up of what failed',
} as const;

/** @throws conflict of assertMayCommit, `context.busy`; notFound `failover.unknown` */
export function acceptCommit({ ledger }: ApiContext, asker: Asker, failover: FailoverRecord): Promise<Answer> {
  const { jobId: failoverJobId, sourceVmName } = failover;
  return submitted(ledger, asker, {
    contract: contracts['commit-failover'],
    payload: { contextId: contextOf(failover), failoverJobId },
    rows: async (trx) => assertMayCommit(await endOf(trx, failoverJobId)),
    answer: (jobId) => ({
      success: true,
      message: `the commit of ${sourceVmName} accepted; nothing leads back once it ends: /api/v1/failover/${jobId}/status`,
      job_id: jobId,
      failover_job_id: failoverJobId,
    }),
  });
}

/** What the rules ask, under the lock of the VM's row. */
async function endOf(trx: Transaction, failoverJobId: string): Promise<FailoverEnd> {
  const before = await findFailover(trx, failoverJobId);
  if (before === undefined) throw failoverUnknown(failoverJobId);
  const context = await lockContext(trx, contextOf(before));
  // Read again: whoever held the VM may have changed it.
  const failover = await findFailover(trx, failoverJobId);
  if (context === undefined || failover === undefined) throw failoverUnknown(failoverJobId);
  const { jobId, jobType, status, committedAt } = failover;
  return { jobId, jobType, status, committedAt, contextStatus: context.currentStatus };
}

/** The rows of a VM that was forgotten are gone with it. @throws notFound `failover.unknown` */
function contextOf({ vmContextId, jobId }: FailoverRecord): string {
  if (vmContextId === null) throw failoverUnknown(jobId);
  return vmContextId;
}

/** By us, in the course of this failover. */
export const wasPoweredOff = ({ sourcePower }: FailoverRecord): boolean => {
  const power = Object(sourcePower) as { intent?: unknown; restored?: unknown };
  return power.intent === 'power-off' && power.restored !== true;
};

/** DELETE /failover/test/{job_id} of a live failover. */
export function assertTest(failover: FailoverRecord): void {
  if (failover.jobType === 'test') return;
  throw invalidRequest('failover.is-live', `failover ${failover.jobId} is a live failover`, {
    hint: 'POST /api/v1/failover/rollback takes it back, and asks what becomes of the source VM',
  });
}

/** @throws conflict `failover.other-type` */
export function assertType(failover: FailoverRecord, type: 'live' | 'test'): void {
  if (failover.jobType !== type) throw otherType(failover, type);
}

const otherType = ({ jobId, jobType }: FailoverRecord, type: string): AppError =>
  conflict('failover.other-type', `the last failover of this VM is a ${jobType} failover, and not a ${type} one`, {
    details: { jobId, jobType },
    hint: `look at it first: GET /api/v1/failover/${jobId}/status; then send failover_type ${jobType}`,
  });
