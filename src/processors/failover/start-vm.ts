import { MINUTE } from '../../base/units.ts';
import { startInstance, stopInstance } from '../../cloudstack/instance-changes.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import { findFailover, setDue } from '../../db/stores/failover-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import { cloudOf, CreatedVm, FailoverPlan, type Failover } from './context.ts';

const START_TIMEOUT_MS = 5 * MINUTE;
const STOP_TIMEOUT_MS = 5 * MINUTE;
const RUNS: ReadonlySet<string> = new Set(['Running', 'Starting', 'Stopping', 'Migrating']);

/** The VM runs. For a live failover that is the point of no return: from now on the truth is there. */
export const startVm: StepWork<Failover> = {
  async run({ context, outputs, signal, log }) {
    const plan = outputs.get('validation', FailoverPlan);
    const { vmId } = outputs.get('vm-creation', CreatedVm);
    const { client } = await cloudOf(context, plan);
    const instance = await startInstance(client, { vmId }, { signal, timeoutMs: START_TIMEOUT_MS });
    log.info({ vmId, name: instance.name }, 'VM runs');
    return { state: instance.state };
  },

  async record({ context: { run } }, trx) {
    const { testDurationMs, commit } = run.payload.options;
    await setDue(trx, run.jobId, { testInMs: testDurationMs, commitInMs: commit?.afterMs ?? null });
  },

  async undo({ context, outputs, signal, log }) {
    const vmId = (await findFailover(context.deps.db, context.run.jobId))?.destinationVmId ?? null;
    if (vmId === null) return;
    const { client } = await cloudOf(context, outputs.get('validation', FailoverPlan));
    const instance = await findInstance(client, vmId, { signal });
    if (instance === undefined || !RUNS.has(instance.state)) return;
    // It is thrown away: nothing in its memory is worth waiting for.
    await stopInstance(client, { vmId, forced: true }, { signal, timeoutMs: STOP_TIMEOUT_MS });
    log.info({ vmId }, 'VM stopped');
  },
};
