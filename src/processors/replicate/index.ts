import type { Processor } from '../../queues/define-job.ts';
import { ReplicationResult, type ReplicationPayload } from '../../queues/jobs/replicate.ts';
import { defineWorkflow, step } from '../../workflow/define.ts';
import { runWorkflow } from '../../workflow/run.ts';
import { attachVolumes } from './attach-volumes.ts';
import { closeSource } from './close-source.ts';
import { commit } from './commit.ts';
import type { ReplicateDeps, Replication } from './context.ts';
import { createVolumes } from './create-volumes.ts';
import { landedBeside, mergeOverlays } from './merge-overlays.ts';
import { openSource } from './open-source.ts';
import { prepare } from './prepare.ts';
import { reserveSlots } from './reserve-slots.ts';
import { transfer } from './transfer.ts';

/** One cycle of one VM, full or incremental per disk. Both queues, replicate and sync-cbt, run this list. */
export const replicationWorkflow = defineWorkflow<Replication>('replicate', [
  step('prepare', prepare),
  step('create-volumes', createVolumes),
  step('reserve-slots', reserveSlots),
  step('attach-volumes', attachVolumes),
  step('open-source', openSource), // undo: the snapshot goes, now or by a job of its own
  step('transfer', transfer), // undo: the exports go
  step('commit', commit, { pointOfNoReturn: true }),
  step('close-source', closeSource),
  step('merge-overlays', mergeOverlays, { when: (scope) => landedBeside(scope).length > 0 }),
]);

export const replicateVm =
  (deps: ReplicateDeps): Processor<ReplicationPayload, ReplicationResult> =>
  async (run) => {
    const { steps, signal, log } = run;
    const outputs = await runWorkflow(replicationWorkflow, { context: { run, deps }, steps, signal, log });
    return outputs.get('commit', ReplicationResult);
  };
