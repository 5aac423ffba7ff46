import { z } from 'zod';
import { conflict, notFound } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { failoverSnapshots } from '../../db/stores/failover-point-store.ts';
import { leaveContext } from '../../db/stores/failover-rows.ts';
import { findFailover, noteFailover } from '../../db/stores/failover-store.ts';
import type { JobRun, Processor } from '../../queues/define-job.ts';
import type { CommitPayload, CommitResult } from '../../queues/jobs/commit-failover.ts';
import { defineWorkflow, step, type StepWork } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { volumeChildren } from '../volume-children.ts';

interface Commit {
  readonly run: JobRun<CommitPayload>;
  readonly deps: { readonly db: Knex };
}

/** Output of `commit-decision`: what goes. */
const Decided = z.object({ snapshots: z.array(z.object({ volumeId: z.string(), snapshotId: z.string() })) });
type Decided = z.output<typeof Decided>;

/** The decision. From here on nothing leads back, because the snapshots go one by one; what was begun may be repeated. */
const decide: StepWork<Commit> = {
  async run({ context: { run, deps } }): Promise<Decided> {
    const { contextId, failoverJobId } = run.payload;
    const failover = await findFailover(deps.db, failoverJobId);
    if (failover?.vmContextId !== contextId) {
      throw notFound('failover.unknown', `there is no failover ${failoverJobId} of this VM`, {
        details: { contextId },
      });
    }
    if (failover.jobType !== 'live' || failover.status !== 'completed' || failover.rolledBackBy !== null) {
      throw conflict('failover.not-standing', `failover ${failoverJobId} is not a live failover that stands`, {
        hint: 'only a live failover that succeeded, and was not rolled back, is committed',
        details: { status: failover.status, rolledBackBy: failover.rolledBackBy },
      });
    }
    const snapshots = await failoverSnapshots(deps.db, { contextId, jobId: failoverJobId });
    return { snapshots: snapshots.map(({ volumeId, snapshotId }) => ({ volumeId, snapshotId })) };
  },

  async record({ context: { run } }, trx) {
    const { failoverJobId } = run.payload;
    // One that is repeated was decided when it was asked for first.
    const committedAt = (await findFailover(trx, failoverJobId))?.committedAt ?? new Date();
    await noteFailover(trx, failoverJobId, { committedAt, commitDueAt: null });
  },
};

const deleteSnapshots: StepWork<Commit> = {
  async run({ context: { run }, outputs }) {
    const { snapshots } = outputs.get('commit-decision', Decided);
    await volumeChildren(
      run,
      snapshots.map(({ volumeId, snapshotId }) => ({
        key: `delete snapshot ${volumeId}`,
        action: { action: 'delete-snapshot', volumeId, snapshotId },
      })),
    );
  },
};

/** The VM has moved: its protection ends here. */
const complete: StepWork<Commit> = {
  run: () => Promise.resolve(),
  record: ({ context: { run } }, trx) => leaveContext(trx, run.payload.contextId, 'live-committed'),
};

export const commitWorkflow = defineWorkflow<Commit>('commit-failover', [
  step('commit-decision', decide, { pointOfNoReturn: true }),
  step('snapshot-deletion', deleteSnapshots),
  step('vm-context-status-update', complete),
]);

export const commitFailover =
  (deps: Commit['deps']): Processor<CommitPayload, CommitResult> =>
  async (run) => {
    const { steps, signal, log } = run;
    const outputs = await runWorkflow(commitWorkflow, { context: { run, deps }, steps, signal, log });
    const { snapshots } = outputs.get('commit-decision', Decided);
    return { failoverJobId: run.payload.failoverJobId, snapshotsDeleted: snapshots.length };
  };
