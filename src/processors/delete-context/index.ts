import type { Processor } from '../../queues/define-job.ts';
import type { ForgettingPayload, ForgettingResult } from '../../queues/jobs/delete-context.ts';
import { defineWorkflow, step } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { DeletedVolumes } from '../delete-job/context.ts';
import { deleteVolumes } from '../delete-job/delete-volumes.ts';
import { EndedSessions, ForgettingPlan, type Forgetting } from './context.ts';
import { endSessions } from './end-sessions.ts';
import { removeTheContext } from './remove-context.ts';
import { validate } from './validate.ts';

/** Forgets a VM: first what it has in the cloud and at its source, then its rows. */
export const forgettingWorkflow = defineWorkflow<Forgetting>('delete-context', [
  step('validate', validate, { pointOfNoReturn: true }),
  step('end-sessions', endSessions),
  step('delete-volumes', deleteVolumes, {
    when: ({ outputs }) => outputs.get('validate', ForgettingPlan).volumes.length > 0,
  }),
  step('remove-context', removeTheContext),
]);

export function deleteContext(deps: Pick<Forgetting, 'vma'>): Processor<ForgettingPayload, ForgettingResult> {
  return async (run) => {
    const { steps, signal, log } = run;
    const outputs = await runWorkflow(forgettingWorkflow, { context: { run, vma: deps.vma }, steps, signal, log });
    return {
      ...run.payload,
      volumesDeleted: outputs.find('delete-volumes', DeletedVolumes)?.deleted ?? [],
      volumesLeft: outputs.get('validate', ForgettingPlan).left,
      sessionsEnded: outputs.get('end-sessions', EndedSessions).ended,
    };
  };
}
