import { notFound } from '../../base/errors.ts';
import { lockDeletion } from '../../db/stores/deletion-store.ts';
import { assertMayDelete } from '../../domain/deletion.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Deletion, DeletionPlan } from './context.ts';

/**
 * Decides once more, now that this job holds the VM, and writes down what goes. It has no effects, and it is the point
 * of no return: a deleted volume cannot be brought back, so from the first one on there is only forward.
 */
export const validate: StepWork<Deletion> = {
  async run({ context: { run } }): Promise<DeletionPlan> {
    const { replicationJobId, deleteVolumes } = run.payload;
    return run.fenced(async (trx) => {
      const subject = await lockDeletion(trx, replicationJobId);
      if (subject === undefined) {
        throw notFound('replication.unknown', `there is no replication ${replicationJobId} any more`);
      }
      assertMayDelete(subject);
      const withVolumes = deleteVolumes || subject.otherJobs === 0;
      return { volumes: withVolumes ? subject.volumes.map(({ volumeId }) => volumeId) : [] };
    });
  },
};
