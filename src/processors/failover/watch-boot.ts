import { MINUTE } from '../../base/units.ts';
import { noteFailover } from '../../db/stores/failover-store.ts';
import type { BootVerdict } from '../../domain/failover/boot-verdict.ts';
import type { StepWork } from '../../workflow/define.ts';
import { judgeBoot } from './boot-verdict.ts';
import { cloudOf, CreatedVm, FailoverPlan, type Failover } from './context.ts';

/** A guest that checks its disks takes this long, and a verdict in between would be a guess. */
const VERDICT_WITHIN_MS = 5 * MINUTE;

/** Says whether the guest came up. It never fails the failover: people read it, and decide. */
export const watchBoot: StepWork<Failover> = {
  async run({ context, outputs, signal, log }): Promise<BootVerdict> {
    const { vmId } = outputs.get('vm-creation', CreatedVm);
    const { readConsole, bootTiming } = context.deps;
    const plan = outputs.get('validation', FailoverPlan);
    const verdict = await judgeBoot({
      cloud: await cloudOf(context, plan),
      bootType: plan.instance.boot.type,
      vmId,
      readConsole,
      signal,
      deadlineMs: VERDICT_WITHIN_MS,
      ...(bootTiming && { timing: bootTiming }),
    });
    log.info({ vmId, verdict: verdict.verdict, reason: verdict.reason }, 'boot judged');
    const { run } = context;
    await run.fenced((trx) => noteFailover(trx, run.jobId, { bootVerdict: verdict }));
    return verdict;
  },
};
