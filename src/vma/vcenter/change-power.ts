import { sleep } from '../../base/clock.ts';
import { AppError, conflict, precondition } from '../../base/errors.ts';
import { MINUTE, SECOND } from '../../base/units.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import { powerOff, powerOn, readPower, shutDownGuest, type Power } from '../../vsphere/power.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import type { PowerChange } from '../vcenter-contract.ts';

/** Switching one VM on or off, each wait with its end. */

export interface PowerWork {
  readonly session: VsphereSession;
  readonly vm: ObjectRef;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

export interface PowerOffHow {
  readonly force: boolean;
  /** For the guest's shutdown; seconds. */
  readonly timeout: number;
  readonly wait_for_shutdown: boolean;
}

export interface PowerOnHow {
  /** For the power, and for the tools after it; seconds. */
  readonly timeout: number;
  readonly wait_for_tools: boolean;
}

/** What a change came to; the caller adds who asked, and for how long. */
export type PowerOutcome = Pick<
  PowerChange,
  'vm_name' | 'previous_state' | 'new_state' | 'shutdown_method' | 'tools_status' | 'message'
>;

type ShutdownMethod = PowerChange['shutdown_method'];

/** Pulling the plug takes vCenter seconds; this is for one that is busy. */
const PLUG_MS = 2 * MINUTE;

/**
 * Asks the guest first, unless it may be switched off at once. A guest that cannot be asked, or does not obey in time, is
 * switched off with `force` and is an error without it: this never waits for longer than `timeout` and 2 min.
 * Errors: precondition `vsphere.tools-unavailable`; conflict `power.guest-ignores`, `power.suspended`; those of src/vsphere.
 */
export async function switchOff(work: PowerWork, how: PowerOffHow): Promise<PowerOutcome> {
  const vm = await readVm(work.session, work.vm, { signal: work.signal });
  if (vm.powerState === 'poweredOff') return outcome(work, vm, [null, 'it was off already']);
  if (vm.powerState === 'suspended') {
    throw conflict('power.suspended', `${vm.name} is suspended: it can neither shut down nor be switched off`, {
      hint: 'resume it first, so that what is in its memory gets to its disks',
    });
  }
  const isAtOnce = how.timeout === 0 || !how.wait_for_shutdown;
  if (how.force && isAtOnce) return pullPlug(work, vm, 'it was switched off at once');
  return how.wait_for_shutdown ? shutDown(work, vm, how) : askOnly(work, vm);
}

async function shutDown(work: PowerWork, vm: VirtualMachine, how: PowerOffHow): Promise<PowerOutcome> {
  try {
    const end = await shutDownGuest(work.session, work.vm, { ...limitsOf(work), timeoutMs: how.timeout * SECOND });
    if (end === 'powered-off') return await outcome(work, vm, ['graceful', 'the guest has shut down']);
  } catch (thrown) {
    if (!how.force || !isOfCode(thrown, 'vsphere.tools-unavailable')) throw thrown;
    return pullPlug(work, vm, 'it was switched off: VMware Tools do not run in the guest');
  }
  if (how.force) return pullPlug(work, vm, `it was switched off: the guest had not shut down within ${how.timeout} s`);
  throw conflict('power.guest-ignores', `the guest of ${vm.name} has not shut down within ${how.timeout} s`, {
    details: { timeout_seconds: how.timeout },
    hint: 'it was asked, and may still do so: look at its console, give it more time, or switch it off with force',
  });
}

async function askOnly(work: PowerWork, vm: VirtualMachine): Promise<PowerOutcome> {
  await shutDownGuest(work.session, work.vm, { ...limitsOf(work), timeoutMs: 0 });
  return outcome(work, vm, ['graceful', 'the guest was asked to shut down']);
}

async function pullPlug(work: PowerWork, vm: VirtualMachine, message: string): Promise<PowerOutcome> {
  await powerOff(work.session, work.vm, { ...limitsOf(work), timeoutMs: PLUG_MS });
  return outcome(work, vm, ['forced', message]);
}

/**
 * Errors: precondition `power.tools-not-running`: it is on, but its tools do not run within `timeout`; those of
 * src/vsphere.
 */
export async function switchOn(work: PowerWork, how: PowerOnHow): Promise<PowerOutcome> {
  const endMs = work.session.clock.monotonic() + how.timeout * SECOND;
  const vm = await readVm(work.session, work.vm, { signal: work.signal });
  const wasOn = vm.powerState === 'poweredOn';
  if (!wasOn) await powerOn(work.session, work.vm, { ...limitsOf(work), timeoutMs: how.timeout * SECOND });
  if (how.wait_for_tools) await untilToolsRun(work, vm, endMs);
  return outcome(work, vm, [null, wasOn ? 'it was on already' : 'it was switched on']);
}

async function untilToolsRun(work: PowerWork, vm: VirtualMachine, endMs: number): Promise<void> {
  while (!(await doToolsRun(work))) {
    const leftMs = endMs - work.session.clock.monotonic();
    if (leftMs <= 0) {
      throw precondition('power.tools-not-running', `${vm.name} is on, but VMware Tools do not run in its guest yet`, {
        hint: 'the guest may still be starting, or has no VMware Tools: look at its console',
      });
    }
    await sleep(Math.min(work.pollMs, leftMs), work.signal);
  }
}

/** A look that fails for a while is repeated. */
async function doToolsRun({ session, vm, signal }: PowerWork): Promise<boolean> {
  try {
    return (await readPower(session, vm, { signal })).toolsStatus === 'guestToolsRunning';
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.retry !== 'never') return false;
    throw thrown;
  }
}

async function outcome(
  { session, vm, signal }: PowerWork,
  before: VirtualMachine,
  [method, message]: readonly [ShutdownMethod, string],
): Promise<PowerOutcome> {
  const after: Power = await readPower(session, vm, { signal });
  return {
    vm_name: before.name,
    previous_state: before.powerState ?? null,
    new_state: after.powerState ?? null,
    shutdown_method: method,
    tools_status: after.toolsStatus ?? null,
    message,
  };
}

const limitsOf = ({ pollMs, signal }: PowerWork): Pick<PowerWork, 'pollMs' | 'signal'> => ({ pollMs, signal });

const isOfCode = (thrown: unknown, code: string): boolean => thrown instanceof AppError && thrown.code === code;
