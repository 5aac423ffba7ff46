import { z } from 'zod';
import { sleep } from '../../base/clock.ts';
import { notFound } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import { findFailover, noteFailover } from '../../db/stores/failover-store.ts';
import { loadFailoverPoint } from '../../db/stores/failover-point-store.ts';
import type { VcenterAccess } from '../../vma/contract.ts';
import type { StepWork } from '../../workflow/define.ts';
import { sourceAccess } from '../replicate/source-access.ts';
import { cloudOf, FailoverPlan, type Failover, type PoweredOff } from './context.ts';
import { refuseTwins } from './refuse-twins.ts';

/** failover_jobs.source_power: what we are about to do to the source, and what was done. Written before each call. */
const SourcePower = z.object({
  intent: z.enum(['none', 'power-off']),
  previousState: z.string(),
  restored: z.boolean(),
  offAt: z.iso.datetime().nullable(),
});
type SourcePower = z.output<typeof SourcePower>;

const ON = 'poweredOn';
const POWER_ON_S = (10 * MINUTE) / SECOND;
/** Beyond the time that the guest has. */
const SETTLES_MS = 4 * MINUTE;
const LOOK_EVERY_MS = 1 * SECOND;

/**
 * Has the guest shut down, and switches it off when it does not obey in time and the policy allows that. A VM that is
 * off already was not switched off by us, and is not switched on by us.
 */
export const powerOffSource: StepWork<Failover> = {
  async run({ context, outputs, signal, log }): Promise<z.output<typeof PoweredOff>> {
    const { run, deps } = context;
    const plan = outputs.get('validation', FailoverPlan);
    const access = await accessOf(context);
    const { power_state: state } = await deps.vma.powerState(plan.source.vm, access, { signal });
    const known = await readPower(context);
    const isOn = state !== 'poweredOff';
    // Once it was ours it stays ours, also when the attempt that asked died before it heard the answer.
    const intent = isOn || known?.intent === 'power-off' ? 'power-off' : 'none';
    const power: SourcePower = {
      intent,
      previousState: known?.previousState ?? state ?? '',
      restored: false,
      offAt: known?.offAt ?? null,
    };
    await writePower(context, power);
    if (isOn) {
      const { timeoutMs, policy } = run.payload.options.shutdown;
      const how = { force: policy === 'force', timeout: Math.ceil(timeoutMs / SECOND), wait_for_shutdown: true };
      // A later claim joins what an earlier one has begun, and does not get the outcome of what failed.
      const operation_id = `off-${run.jobId}-${run.epoch}`;
      const change = await deps.vma.powerOff(plan.source.vm, { ...access, ...how, operation_id }, { signal });
      log.info({ method: change.shutdown_method, message: change.message }, 'source VM is off');
    }
    const offAt = isOn || power.offAt === null ? new Date().toISOString() : power.offAt;
    await writePower(context, { ...power, offAt });
    return { isOurs: intent === 'power-off', offAt };
  },

  async undo({ context, outputs, signal, log }) {
    const { run, deps } = context;
    const power = await readPower(context);
    if (power === undefined || power.intent === 'none' || power.restored) return;
    const plan = outputs.get('validation', FailoverPlan);
    await refuseOwnVm(context, plan, signal);
    const access = await accessOf(context);
    const state = await settledPower(context, { vm: plan.source.vm, access, signal });
    if (state !== ON) {
      const how = { timeout: POWER_ON_S, wait_for_tools: false, operation_id: `on-${run.jobId}-${run.epoch}` };
      await deps.vma.powerOn(plan.source.vm, { ...access, ...how }, { signal });
      log.info({ vm: plan.source.vm }, 'source VM is on again');
    }
    await writePower(context, { ...power, restored: true });
  },
};

/** A shutdown that was asked for goes on at the VMA when we do not wait for it: what counts is how it ends. */
async function settledPower(
  { run, deps }: Failover,
  of: { readonly vm: string; readonly access: VcenterAccess; readonly signal: AbortSignal },
): Promise<string | null | undefined> {
  const deadline = performance.now() + run.payload.options.shutdown.timeoutMs + SETTLES_MS;
  for (;;) {
    const { power_state: state, operation } = await deps.vma.powerState(of.vm, of.access, { signal: of.signal });
    if (operation?.operation !== 'power-off' || performance.now() >= deadline) return state;
    await sleep(LOOK_EVERY_MS, of.signal);
  }
}

async function accessOf({ run, deps }: Failover): Promise<VcenterAccess> {
  const point = await loadFailoverPoint(deps.db, run.payload.contextId);
  if (point === undefined) throw notFound('context.unknown', `there is no VM context ${run.payload.contextId}`);
  return sourceAccess(deps, point);
}

/** What this failover has made, if it has. */
async function refuseOwnVm(context: Failover, plan: FailoverPlan, signal: AbortSignal): Promise<void> {
  const vmId = (await findFailover(context.deps.db, context.run.jobId))?.destinationVmId ?? null;
  if (vmId === null) return;
  const { client } = await cloudOf(context, plan);
  await refuseTwins(client, vmId, signal);
}

async function readPower({ run, deps }: Failover): Promise<SourcePower | undefined> {
  const row = await findFailover(deps.db, run.jobId);
  return SourcePower.safeParse(row?.sourcePower).data;
}

async function writePower({ run }: Failover, sourcePower: SourcePower): Promise<void> {
  await run.fenced((trx) => noteFailover(trx, run.jobId, { sourcePower }));
}
