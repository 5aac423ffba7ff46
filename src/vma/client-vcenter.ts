import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { sleep, systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import { type Peer, requestJson } from '../http/json-client.ts';
import type { VcenterAccess } from './contract.ts';
import {
  CbtStatus,
  Cleanup,
  type CleanupRequest,
  type DiscoverRequest,
  Discovery,
  PowerChange,
  type PowerOffRequest,
  type PowerOnRequest,
  PowerState,
  VmSpecChanges,
  type VmSpecChangesRequest,
} from './vcenter-contract.ts';

/**
 * What the VMA does at a vCenter besides source sessions. Errors keep code and hint of the VMA: not-allowed
 * `vsphere.invalid-login`, `vsphere.no-permission`; not-found `vsphere.vm-unknown`; precondition
 * `vsphere.certificate-changed`, `vsphere.certificate-unverified`, whose messages have the thumbprint that was shown;
 * upstream `vsphere.unreachable`, `vsphere.unavailable`, and the rest of `vsphere.*`; `vma.unreachable`,
 * `vma.bad-answer`. `vm`: inventory path, instance uuid, BIOS uuid that no other VM has, or reference (moref).
 */
export interface VcenterCalls {
  /** All VMs, 1 min. @throws not-found `vsphere.datacenter-unknown` */
  discover(request: DiscoverRequest, options?: Call): Promise<Discovery>;
  powerState(vm: string, access: VcenterAccess, options?: Call): Promise<PowerState>;
  /**
   * Waits for `timeout` and a little longer; the operation goes on at the VMA when the caller does not.
   * @throws precondition `vsphere.tools-unavailable`; conflict `power.guest-ignores`, `power.other-operation`
   */
  powerOff(vm: string, request: PowerOffRequest, options?: Call): Promise<PowerChange>;
  /** As powerOff. @throws precondition `power.tools-not-running`: it runs, but its tools do not. */
  powerOn(vm: string, request: PowerOnRequest, options?: Call): Promise<PowerChange>;
  cbtStatus(vm: string, access: VcenterAccess, options?: Call): Promise<CbtStatus>;
  vmSpecChanges(request: VmSpecChangesRequest, options?: Call): Promise<VmSpecChanges>;
  /** Ends the session of a job and removes the snapshots that it left. Those of others are not touched. */
  cleanup(request: CleanupRequest, options?: Call): Promise<Cleanup>;
}

interface Call {
  readonly signal?: AbortSignal | undefined;
}

/** A login, a few calls; a vCenter that hangs is given up by the VMA before this. */
const CALL_MS = 1 * MINUTE;
/** Removing a snapshot may have to wait for others of its VM. */
const CLEANUP_MS = 2 * MINUTE;
/** What a proxy bears. */
const POWER_ANSWER_S = 20;
const POWER_PAUSE_MS = 1 * SECOND;
/** Beyond the time that a guest is given: switching it off, and a vCenter that is slow. */
const POWER_MORE_MS = 4 * MINUTE;

export function vcenterCalls(vma: Peer): VcenterCalls {
  const post =
    <T>(answer: z.ZodType<T>, deadlineMs = CALL_MS) =>
    (path: string, body: unknown, options: Call = {}): Promise<T> =>
      requestJson(vma, { method: 'POST', path, body, answer, deadlineMs, signal: options.signal });
  const vmPath = (vm: string, what: string): string => `/vm/${encodeURIComponent(vm)}/${what}`;
  const changePower = async (
    path: string,
    request: PowerOffRequest | PowerOnRequest,
    { timeoutS, signal }: Call & { readonly timeoutS: number },
  ): Promise<PowerChange> => {
    const endMs = systemClock.monotonic() + timeoutS * SECOND + POWER_MORE_MS;
    // By its id, a request that is sent again gets the outcome of the first.
    const body = { ...request, operation_id: request.operation_id ?? randomUUID(), answer_within: POWER_ANSWER_S };
    for (;;) {
      try {
        return await post(PowerChange)(path, body, { signal });
      } catch (thrown) {
        const isUnderWay = thrown instanceof AppError && thrown.code === 'power.in-progress';
        if (!isUnderWay || systemClock.monotonic() >= endMs) throw thrown;
      }
      await sleep(POWER_PAUSE_MS, signal);
    }
  };
  return {
    discover: (request, options) => post(Discovery)('/discover', request, options),
    powerState: (vm, access, options) => post(PowerState)(vmPath(vm, 'power-state'), access, options),
    powerOff: (vm, request, options) =>
      changePower(vmPath(vm, 'power-off'), request, { timeoutS: request.timeout ?? 300, ...options }),
    powerOn: (vm, request, options) =>
      changePower(vmPath(vm, 'power-on'), request, { timeoutS: request.timeout ?? 600, ...options }),
    cbtStatus: (vm, access, options) => post(CbtStatus)(`/vms/${encodeURIComponent(vm)}/cbt-status`, access, options),
    vmSpecChanges: (request, options) => post(VmSpecChanges)('/vm-spec-changes', request, options),
    cleanup: (request, options) => post(Cleanup, CLEANUP_MS)('/cleanup', request, options),
  };
}
