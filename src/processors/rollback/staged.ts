import { raisePercent, setStatus } from '../../db/stores/failover-store.ts';
import type { FailoverStatus } from '../../domain/failover/status.ts';
import { step, type Step, type StepOptions, type StepWork } from '../../workflow/define.ts';
import type { Rollback } from './context.ts';

export interface Stage extends StepOptions<Rollback> {
  /** Of failover_jobs, from the begin of the step on; without it, it stays as it is. */
  readonly status?: FailoverStatus;
  /** How far the job of the rollback is when the step begins. */
  readonly percent: number;
}

/** A step that people see in the row of the failover that is rolled back. */
export function staged(name: string, work: StepWork<Rollback>, stage: Stage): Step<Rollback> {
  const { status, percent, ...options } = stage;
  const shown: StepWork<Rollback> = {
    ...work,
    async run(scope) {
      const { run } = scope.context;
      await run.fenced(async (trx) => {
        await setStatus(trx, run.payload.failoverJobId, { status, currentStep: name });
        await raisePercent(trx, run.jobId, percent);
      });
      return work.run(scope);
    },
  };
  return step(name, shown, options);
}
