import type { Processor } from '../../queues/define-job.ts';
import type { RollbackPayload, RollbackResult } from '../../queues/jobs/rollback.ts';
import { defineWorkflow, step, type StepScope } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { WayBack, type Rollback, type RollbackDeps } from './context.ts';
import { deleteVm } from './delete-vm.ts';
import { powerOnSource } from './power-on-source.ts';
import { retrieval } from './retrieval.ts';
import { shutdown } from './shutdown.ts';
import { staged } from './staged.ts';
import { contextStatusUpdate, jobStatusUpdate } from './status-updates.ts';
import { detachVolumes, giveBack, reattach, revertVolumes } from './volumes.ts';

/** A folder of images has no power to switch. */
const powersOn = ({ context, outputs }: Omit<StepScope<Rollback>, 'runs'>): boolean => {
  const { type, source } = outputs.get('failover-job-retrieval', WayBack);
  return type === 'live' && context.run.payload.powerOnSource && source.kind === 'vsphere';
};

/** Of a test and of a live failover, of one that stands and of one that failed: one list. Nothing of it is undone. */
export const rollbackWorkflow = defineWorkflow<Rollback>('rollback', [
  step('failover-job-retrieval', retrieval, { pointOfNoReturn: true }),
  staged('test-vm-shutdown', shutdown, { percent: 10 }),
  staged('volume-detachment', detachVolumes, { percent: 20 }),
  staged('multi-volume-snapshot-cleanup', revertVolumes, { percent: 35 }),
  staged('volume-mode-switch-oma', giveBack, { percent: 60 }),
  staged('volume-reattachment-to-oma', reattach, { percent: 65 }),
  staged('test-vm-deletion', deleteVm, { status: 'cleanup', percent: 80 }),
  staged('source-vm-power-on', powerOnSource, { when: powersOn, percent: 90 }),
  staged('failover-job-status-update', jobStatusUpdate, { percent: 95 }),
  staged('vm-context-status-update', contextStatusUpdate, { percent: 98 }),
]);

export const rollBack =
  (deps: RollbackDeps): Processor<RollbackPayload, RollbackResult> =>
  async (run) => {
    const { steps, signal, log } = run;
    await runWorkflow(rollbackWorkflow, { context: { run, deps }, steps, signal, log });
    return { failoverJobId: run.payload.failoverJobId, remaining: [] };
  };
