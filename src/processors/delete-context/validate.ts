import { notFound } from '../../base/errors.ts';
import { lockForgetting } from '../../db/stores/deletion-store.ts';
import { assertMayForget, takesVolumes } from '../../domain/deletion.ts';
import type { StepWork } from '../../workflow/define.ts';
import type { Forgetting, ForgettingPlan } from './context.ts';

/** Decides once more, now that this job holds the VM, and writes down what goes. From here on there is only forward. */
export const validate: StepWork<Forgetting> = {
  async run({ context: { run } }): Promise<ForgettingPlan> {
    const { contextId } = run.payload;
    return run.fenced(async (trx) => {
      const subject = await lockForgetting(trx, contextId);
      if (subject === undefined) throw notFound('context.unknown', `there is no VM context ${contextId} any more`);
      assertMayForget(subject);
      const volumes = subject.volumes.map(({ volumeId }) => volumeId);
      return takesVolumes(subject.contextStatus) ? { volumes, left: [] } : { volumes: [], left: volumes };
    });
  },
};
