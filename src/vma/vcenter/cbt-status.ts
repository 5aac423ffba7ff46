import { AppError } from '../../base/errors.ts';
import { planTracking } from '../../domain/cbt/tracking.ts';
import type { VirtualMachine } from '../../vsphere/inventory/virtual-machine.ts';
import { readProperties } from '../../vsphere/property-collector.ts';
import type { VsphereSession } from '../../vsphere/session.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { readVm } from '../../vsphere/virtual-machine.ts';
import type { CbtStatus, Remark } from '../vcenter-contract.ts';
import { diskIdOf, obstacleOf, trackingFacts } from '../vsphere/facts.ts';
import { readTag } from '../vsphere/snapshot-tag.ts';
import { findMachine } from './find-machine.ts';

/** What is known of change tracking of a VM before a cycle. Errors: those of findMachine and of `VsphereSession.call`. */
export async function cbtStatus(session: VsphereSession, name: string, signal: AbortSignal): Promise<CbtStatus> {
  const ref = await findMachine(session, name, { signal });
  const vm = await readVm(session, ref, { signal });
  const host = vm.host === undefined ? null : await readHost(session, vm.host, signal);
  const { instanceUuid, version, build = null } = session.content.about;
  // Those of ours go before each cycle.
  const foreign = vm.snapshots.filter((snapshot) => readTag(snapshot) === undefined);
  const { step, fault } = planTracking({ ...trackingFacts(vm), hasSnapshots: foreign.length > 0 });
  return {
    vm_name: vm.name,
    vm_path: vm.location?.path ?? ref.id,
    ref: ref.id,
    instance_uuid: vm.instanceUuid ?? null,
    enabled: vm.changeTracking.isEnabled ?? null,
    supported: vm.changeTracking.isSupported ?? null,
    power_state: vm.powerState ?? null,
    vmx_version: vm.hardwareVersion ?? null,
    has_snapshots: vm.snapshots.length > 0,
    consolidation_needed: vm.isConsolidationNeeded ?? null,
    next_cycle: { step, reason: fault },
    disks: vm.disks.map((disk) => ({
      disk_id: diskIdOf(disk),
      label: disk.label ?? null,
      capacity_bytes: disk.capacityBytes,
      disk_mode: disk.backing.mode ?? null,
      obstacle: obstacleOf(disk) ?? null,
    })),
    vcenter: { instance_uuid: instanceUuid, version, build },
    host,
    warnings: warningsOf(vm, host ?? { name: null, version, build: null }),
  };
}

type Host = NonNullable<CbtStatus['host']>;

/** Null where it cannot be told, mostly because this account may not see it: a warning less is no reason to tell nothing. */
async function readHost(session: VsphereSession, ref: ObjectRef, signal: AbortSignal): Promise<Host | null> {
  const paths = ['name', 'config.product.version', 'config.product.build'];
  try {
    const { properties } = await session.within((caller) => readProperties(caller, ref, paths), { signal });
    const text = (path: string): string | null => properties.get(path)?.text ?? null;
    return { name: text('name'), version: text(paths[1] ?? ''), build: text(paths[2] ?? '') };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.retry === 'never' && !signal.aborted) return null;
    throw thrown;
  }
}

/** Of a host that nothing is known of: its vCenter manages none that is newer than itself. */
function warningsOf(vm: VirtualMachine, host: Host): Remark[] {
  const { step } = planTracking(trackingFacts(vm));
  return [
    ...(losesChanges(host) ? [LOSES_CHANGES] : []),
    ...(vm.connectionState === 'connected' ? [] : [NOT_CONNECTED]),
    ...(step === 'without' && vm.snapshots.length > 0 ? [HAS_SNAPSHOTS] : []),
  ];
}

/** ESXi600-201511001. Source: Broadcom KB 317933. */
const ESXI_60_MENDED_BUILD = 3_247_720;

/** Only these builds of 6.0 forget what is written while a snapshot is being consolidated. Pure. */
export function losesChanges({ version, build }: Pick<Host, 'version' | 'build'>): boolean {
  if (version === null || !/^6\.0(\.|$)/.test(version)) return false;
  // A build that cannot be read may be an old one.
  return !(Number(build ?? Number.NaN) >= ESXI_60_MENDED_BUILD);
}

const LOSES_CHANGES: Remark = {
  code: 'cbt.host-loses-changes',
  text: 'this build of ESXi 6.0 loses changes that are made while a snapshot is consolidated (KB 317933): update the host to ESXi600-201511001 or later, then switch change tracking off and on, and replicate in full',
};
const NOT_CONNECTED: Remark = {
  code: 'source.vm-inaccessible',
  text: 'vcenter does not reach this VM now: what it says may be old, and no snapshot can be made',
};
const HAS_SNAPSHOTS: Remark = {
  code: 'cbt.snapshots-forbid',
  text: 'change tracking is off and is not switched on while the VM has snapshots: each cycle reads all of its disks until they are removed',
};
