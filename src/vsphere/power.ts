import { sleep } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { SECOND } from '../base/units.ts';
import { readProperties } from './property-collector.ts';
import type { CallOptions, VsphereSession } from './session.ts';
import type { ObjectRef } from './soap/reference.ts';
import { runTask, type TaskOptions } from './task.ts';

/** Power of a VM, and its guest. Source: vSphere Web Services API, VirtualMachine. */

export interface Power {
  /** poweredOn, poweredOff or suspended */
  readonly powerState: string | undefined;
  /** guestToolsRunning, guestToolsNotRunning or guestToolsExecutingScripts */
  readonly toolsStatus: string | undefined;
  /** Undefined while it is off. */
  readonly bootTime: Date | undefined;
}

/** Errors: those of `VsphereSession.call`. */
export async function readPower(session: VsphereSession, vm: ObjectRef, options: CallOptions = {}): Promise<Power> {
  const paths = ['runtime.powerState', 'guest.toolsRunningStatus', 'runtime.bootTime'];
  const { properties } = await session.within((caller) => readProperties(caller, vm, paths), options);
  const bootTime = new Date(properties.get('runtime.bootTime')?.text ?? Number.NaN);
  return {
    powerState: properties.get('runtime.powerState')?.text,
    toolsStatus: properties.get('guest.toolsRunningStatus')?.text,
    bootTime: Number.isNaN(bootTime.getTime()) ? undefined : bootTime,
  };
}

/** A VM that is on is fine. Errors: those of `runTask`. */
export const powerOn = (session: VsphereSession, vm: ObjectRef, options: TaskOptions = {}): Promise<void> =>
  bringTo(session, vm, { method: 'PowerOnVM_Task', powerState: 'poweredOn', options });

/** As by pulling the plug. A VM that is off is fine. Errors: those of `runTask`. */
export const powerOff = (session: VsphereSession, vm: ObjectRef, options: TaskOptions = {}): Promise<void> =>
  bringTo(session, vm, { method: 'PowerOffVM_Task', powerState: 'poweredOff', options });

interface Change {
  readonly method: string;
  readonly powerState: string;
  readonly options: TaskOptions;
}

async function bringTo(session: VsphereSession, vm: ObjectRef, { method, powerState, options }: Change): Promise<void> {
  try {
    await runTask(session, { method, target: vm, parts: [] }, options);
  } catch (thrown) {
    if (!isPowerState(thrown)) throw thrown;
    const power = await readPower(session, vm, { signal: options.signal });
    if (power.powerState !== powerState) throw thrown;
  }
}

const isPowerState = (thrown: unknown): boolean => thrown instanceof AppError && thrown.code === 'vsphere.power-state';

export interface ShutDownOptions {
  readonly timeoutMs: number;
  /** 1 s. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the guest to shut down and waits until the VM is off. A guest may take its time, ask its user, or not care: what to
 * do after `timed-out` is the caller's policy.
 * Errors: precondition `vsphere.tools-unavailable` where nobody in the guest could be asked; those of
 * `VsphereSession.call`.
 */
export async function shutDownGuest(
  session: VsphereSession,
  vm: ObjectRef,
  { timeoutMs, pollMs = SECOND, signal }: ShutDownOptions,
): Promise<'powered-off' | 'timed-out'> {
  const deadline = session.clock.monotonic() + timeoutMs;
  try {
    await session.call({ method: 'ShutdownGuest', target: vm, parts: [] }, { signal });
  } catch (thrown) {
    // It is off already, or suspended: then it never goes off by itself.
    if (!isPowerState(thrown)) throw thrown;
  }
  for (;;) {
    if (await isOff(session, vm, signal)) return 'powered-off';
    const leftMs = deadline - session.clock.monotonic();
    if (leftMs <= 0) return 'timed-out';
    await sleep(Math.min(pollMs, leftMs), signal);
  }
}

/** A look that fails for a while is repeated. */
async function isOff(session: VsphereSession, vm: ObjectRef, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return (await readPower(session, vm, { signal })).powerState === 'poweredOff';
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.retry !== 'never') return false;
    throw thrown;
  }
}
