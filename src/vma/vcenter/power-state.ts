import { systemClock } from '../../base/clock.ts';
import { SECOND } from '../../base/units.ts';
import { readPower } from '../../vsphere/power.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { PowerState } from '../vcenter-contract.ts';
import { findMachine } from './find-machine.ts';
import type { PowerOperations } from './power-operations.ts';

export interface PowerQuestion {
  /** As findMachine takes it. */
  readonly vm: string;
  readonly power: Pick<PowerOperations, 'current'>;
  readonly signal: AbortSignal;
}

/** Whether a VM runs. Errors: those of findMachine and of `VsphereSession.call`. */
export async function powerState(session: VsphereSession, { vm, power, signal }: PowerQuestion): Promise<PowerState> {
  const ref = await findMachine(session, vm, { signal });
  const { name } = await readVm(session, ref, { signal });
  const { powerState: state, toolsStatus, bootTime } = await readPower(session, ref, { signal });
  const nowMs = systemClock.now();
  return {
    vm_id: vm,
    vm_name: name,
    power_state: state ?? null,
    tools_status: toolsStatus ?? null,
    last_state_change: bootTime?.toISOString() ?? null,
    uptime_seconds: bootTime === undefined ? null : Math.max(0, Math.round((nowMs - bootTime.getTime()) / SECOND)),
    timestamp: new Date(nowMs).toISOString(),
    operation: power.current(session, ref),
  };
}
