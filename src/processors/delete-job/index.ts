import type { Processor } from '../../queues/define-job.ts';
import type { DeletionPayload, DeletionResult } from '../../queues/jobs/delete-job.ts';
import { defineWorkflow, step } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { DeletedVolumes, DeletionPlan, Removed, type Deletion } from './context.ts';
import { databaseCleanup } from './database-cleanup.ts';
import { deleteVolumes } from './delete-volumes.ts';
import { updateVmContext } from './update-vm-context.ts';
import { validate } from './validate.ts';

/** Deletes one replication; what it copied stays on the volumes unless they go, too. */
export const deletionWorkflow = defineWorkflow<Deletion>('delete-job', [
  step('validate', validate, { pointOfNoReturn: true }),
  step('delete-volumes', deleteVolumes, {
    when: ({ outputs }) => outputs.get('validate', DeletionPlan).volumes.length > 0,
  }),
  step('database-cleanup', databaseCleanup),
  step('update-vm-context', updateVmContext),
]);

export const deleteReplication: Processor<DeletionPayload, DeletionResult> = async (run) => {
  const { steps, signal, log } = run;
  const outputs = await runWorkflow(deletionWorkflow, { context: { run }, steps, signal, log });
  const { deleted, kept } = outputs.find('delete-volumes', DeletedVolumes) ?? { deleted: [], kept: [] };
  return {
    replicationJobId: run.payload.replicationJobId,
    volumesDeleted: deleted,
    volumesKept: kept,
    repointedTo: outputs.get('database-cleanup', Removed).repointedTo,
    warning: kept.length === 0 ? null : kept.map(({ volumeId, reason }) => `volume ${volumeId}: ${reason}`).join('; '),
  };
};
