import { raisePercent, setStatus } from '../../db/stores/failover-store.ts';
import { percentOf, type FailoverStatus } from '../../domain/failover/status.ts';
import { step, type Step, type StepOptions, type StepWork } from '../../workflow/define.ts';
import type { Failover } from './context.ts';

export interface Stage extends StepOptions<Failover> {
  /** Of failover_jobs, from the begin of the step on; without it, it stays as it is. */
  readonly status?: FailoverStatus;
}

/** A step that people see in failover_jobs while it runs, forward and back. */
export function staged(name: string, work: StepWork<Failover>, stage: Stage = {}): Step<Failover> {
  const { status, ...options } = stage;
  const shown: StepWork<Failover> = {
    ...work,
    async run(scope) {
      const { run } = scope.context;
      const percent = status === undefined ? null : percentOf(status);
      await run.fenced(async (trx) => {
        await setStatus(trx, run.jobId, { status, currentStep: name });
        if (percent !== null) await raisePercent(trx, run.jobId, percent);
      });
      return work.run(scope);
    },
    async undo(scope) {
      const { run } = scope.context;
      await run.fenced((trx) => setStatus(trx, run.jobId, { currentStep: `undo ${name}` }));
      await work.undo?.(scope);
    },
  };
  return step(name, shown, options);
}
