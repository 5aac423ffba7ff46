import { child, flagIn } from '../../../vsphere/soap/read.ts';
import { VimFault, invalidPowerState } from '../wire/vim-fault.ts';
import type { Value } from '../wire/value.ts';
import { setPower } from '../operations/power.ts';
import type { VmRow } from '../world.ts';
import { startTask } from './start-task.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** Configuration and power of a VM. Source: vSphere Web Services API, VirtualMachine. */

function reconfigure(call: Call): Value {
  const { vcenter, args } = call;
  const vm = vcenter.vm(call.target);
  const wanted = flagIn(child(args, 'spec'), 'changeTrackingEnabled');
  return startTask(call, {
    vm,
    descriptionId: 'VirtualMachine.reconfigure',
    run: async () => {
      if (wanted !== undefined) await setTracking(call, vm, wanted);
      return undefined;
    },
  });
}

/** Takes effect at once where the VM is off, else at its next stun. That there are snapshots is not refused: that is the trap. */
async function setTracking({ vcenter }: Call, vm: VmRow, isEnabled: boolean): Promise<void> {
  if (isEnabled && !vm.isTrackingSupported) {
    throw new VimFault('NotSupported', 'The operation is not supported on the object.');
  }
  if (isEnabled && !vm.isTrackingEnabled) vm.wasEnabledOverSnapshots = vm.snapshots.length > 0;
  vm.isTrackingEnabled = isEnabled;
  if (vm.powerState === 'poweredOff') await vcenter.disks.applyTracking(vm);
  vcenter.saveVm(vm);
}

interface PowerChange {
  readonly descriptionId: string;
  readonly from: VmRow['powerState'];
  readonly to: VmRow['powerState'];
}

function changePower(call: Call, { descriptionId, from, to }: PowerChange): Value {
  const { vcenter } = call;
  const vm = vcenter.vm(call.target);
  if (vm.isTemplate) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
  return startTask(call, {
    vm,
    descriptionId,
    run: async () => {
      if (vm.powerState !== from) throw invalidPowerState(vm.powerState);
      setPower(vm, to);
      await vcenter.disks.applyTracking(vm);
      vcenter.saveVm(vm);
      return undefined;
    },
  });
}

function shutDownGuest({ vcenter, target, method }: Call): undefined {
  const vm = vcenter.vm(target);
  if (vm.powerState !== 'poweredOn') throw invalidPowerState(vm.powerState);
  if (!vm.areToolsRunning) {
    throw new VimFault(
      'ToolsUnavailable',
      'Cannot complete operation because VMware Tools is not running in this virtual machine.',
    );
  }
  if (vcenter.faults.take(method, ['guest-ignores']) !== undefined) return undefined;
  // It takes the guest a moment; nobody is told when it is over.
  vcenter.later(() =>
    vcenter.tasks.exclusively(vm.id, async () => {
      setPower(vm, 'poweredOff');
      await vcenter.disks.applyTracking(vm);
      vcenter.saveVm(vm);
    }),
  );
  return undefined;
}

export const machineMethods: Methods = {
  ReconfigVM_Task: inSession(reconfigure),
  PowerOnVM_Task: inSession((call) =>
    changePower(call, { descriptionId: 'VirtualMachine.powerOn', from: 'poweredOff', to: 'poweredOn' }),
  ),
  PowerOffVM_Task: inSession((call) =>
    changePower(call, { descriptionId: 'VirtualMachine.powerOff', from: 'poweredOn', to: 'poweredOff' }),
  ),
  ShutdownGuest: inSession(shutDownGuest),
};
