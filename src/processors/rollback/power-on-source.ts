import { notFound } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import { loadFailoverPoint } from '../../db/stores/failover-point-store.ts';
import { findFailover, noteFailover } from '../../db/stores/failover-store.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { refuseTwins } from '../failover/refuse-twins.ts';
import { sourceAccess } from '../replicate/source-access.ts';
import { cloudOf, orLeft, WayBack, type Problems, type Rollback } from './context.ts';

const POWER_ON_S = (3 * MINUTE) / SECOND;

/** The source runs again. On already is a success. */
export const powerOnSource: StepWork<Rollback> = {
  async run(scope): Promise<Problems> {
    const { context, outputs } = scope;
    const { source } = outputs.get('failover-job-retrieval', WayBack);
    return { problems: await orLeft(context, { kind: 'source-power', id: source.vm }, () => powerOn(scope)) };
  },
};

async function powerOn({ context, outputs, signal, log }: StepScope<Rollback>): Promise<void> {
  const { run, deps } = context;
  const plan = outputs.get('failover-job-retrieval', WayBack);
  if (plan.vmId !== null) {
    const { client } = await cloudOf(context, plan);
    await refuseTwins(client, plan.vmId, signal);
  }
  const point = await loadFailoverPoint(deps.db, run.payload.contextId);
  if (point === undefined) throw notFound('context.unknown', `there is no VM context ${run.payload.contextId}`);
  const access = await sourceAccess(deps, point);
  const { power_state: state } = await deps.vma.powerState(plan.source.vm, access, { signal });
  if (state !== 'poweredOn') {
    // A later claim does not get the outcome of what failed: the VMA remembers it for a while.
    const how = { timeout: POWER_ON_S, wait_for_tools: false, operation_id: `on-${run.jobId}-${run.epoch}` };
    await deps.vma.powerOn(plan.source.vm, { ...access, ...how }, { signal });
    log.info({ vm: plan.source.vm }, 'source VM is on again');
  }
  const failover = await findFailover(deps.db, run.payload.failoverJobId);
  const power = Object(failover?.sourcePower ?? {}) as object;
  if (Object.keys(power).length === 0) return;
  const sourcePower = { ...power, restored: true };
  await run.fenced((trx) => noteFailover(trx, run.payload.failoverJobId, { sourcePower }));
}
