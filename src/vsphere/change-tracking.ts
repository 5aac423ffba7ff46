import type { VsphereSession } from './session.ts';
import type { ObjectRef } from './soap/reference.ts';
import { flag, structure } from './soap/write.ts';
import { runTask, type TaskOptions } from './task.ts';

/**
 * Switches changed block tracking of all disks of a VM on or off. It takes effect at once where the VM is powered off,
 * else with the next snapshot that is made or removed. Whether it may be switched on is judged by src/domain/cbt: with
 * snapshots in the tree vSphere takes it, and answers wrongly from then on.
 * Source: vSphere Web Services API, VirtualMachineConfigSpec.changeTrackingEnabled. Errors: those of `runTask`.
 */
export async function setChangeTracking(
  session: VsphereSession,
  vm: ObjectRef,
  { isEnabled, ...options }: TaskOptions & { readonly isEnabled: boolean },
): Promise<void> {
  const parts = [structure('spec', [flag('changeTrackingEnabled', isEnabled)])];
  await runTask(session, { method: 'ReconfigVM_Task', target: vm, parts }, options);
}
