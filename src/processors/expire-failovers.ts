import { AppError, conflict, describeError } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { queueLog } from '../base/logger.ts';
import { lockStanding } from '../db/stores/failover-end-store.ts';
import { dueCommits, dueTests, noteFailover, type FailoverRecord } from '../db/stores/failover-store.ts';
import type { Transaction } from '../queues/define-job.ts';
import { commitFailover } from '../queues/jobs/commit-failover.ts';
import { rollback, type RollbackPayload } from '../queues/jobs/rollback.ts';
import type { Ledger } from '../queues/ledger.ts';
import type { PeriodicJob } from '../queues/periodic.ts';
import { submit } from '../queues/submit.ts';

/** Beyond these a round leaves the rest to the next one. */
const AT_A_TIME = 20;

/**
 * Ends what has a time limit: tests that are to be cleaned up, and live failovers that nobody has decided about. The
 * limits stand in the database, so a restart forgets none; who finds one twice, or beside somebody who ends it by hand,
 * is refused by the row of the VM.
 */
export const expireFailovers: PeriodicJob = {
  name: 'expire-failovers',
  everyMs: 1 * MINUTE,
  isWanted: async (db) => (await dueTests(db, 1)).length + (await dueCommits(db, 1)).length > 0,
  async submit(ledger) {
    for (const failover of await dueTests(ledger.db, AT_A_TIME))
      await orNextTime(failover, () => takeBack(ledger, failover));
    for (const failover of await dueCommits(ledger.db, AT_A_TIME)) {
      const isCommit = failover.commitPolicy === 'commit';
      await orNextTime(failover, () => (isCommit ? makeFinal : takeBack)(ledger, failover));
    }
  },
};

async function takeBack(ledger: Ledger, failover: FailoverRecord): Promise<void> {
  const payload: RollbackPayload = {
    contextId: failover.vmContextId ?? '',
    failoverJobId: failover.jobId,
    kind: 'expired',
    powerOnSource: wasPoweredOff(failover),
    forceCleanup: false,
  };
  await submit(ledger, {
    contract: rollback,
    payload,
    contextId: payload.contextId,
    owner: 'schedule',
    async domainRows(trx, jobId) {
      await assertStanding(trx, failover);
      await noteFailover(trx, failover.jobId, { rolledBackBy: jobId });
    },
  });
}

async function makeFinal(ledger: Ledger, failover: FailoverRecord): Promise<void> {
  const contextId = failover.vmContextId ?? '';
  await submit(ledger, {
    contract: commitFailover,
    payload: { contextId, failoverJobId: failover.jobId },
    contextId,
    owner: 'schedule',
    domainRows: (trx) => assertStanding(trx, failover),
  });
}

async function assertStanding(trx: Transaction, { vmContextId, jobId }: FailoverRecord): Promise<void> {
  if (vmContextId !== null && (await lockStanding(trx, vmContextId, jobId))) return;
  throw conflict('failover.not-standing', `failover ${jobId} does not stand any more`);
}

/** By us, and it is off since: whoever goes back without being asked leaves the source as it was. */
const wasPoweredOff = ({ jobType, sourcePower }: FailoverRecord): boolean => {
  const power = Object(sourcePower) as { intent?: unknown; restored?: unknown };
  return jobType === 'live' && power.intent === 'power-off' && power.restored !== true;
};

const PASSING: ReadonlySet<string> = new Set(['context.busy', 'failover.not-standing']);

/** One that cannot be ended now does not keep the others from it. */
async function orNextTime({ jobId }: FailoverRecord, end: () => Promise<void>): Promise<void> {
  try {
    await end();
  } catch (error) {
    if (!(error instanceof AppError) || !PASSING.has(error.code)) throw error;
    queueLog.info({ failoverJobId: jobId, reason: describeError(error) }, 'failover is ended another time');
  }
}
