import { flagIn, needText, textIn } from '../../../vsphere/soap/read.ts';
import { snapshotRef } from '../objects/virtual-machine.ts';
import {
  consolidate,
  descendants,
  removeSnapshots,
  revertTo,
  snapshotOf,
  takeSnapshot,
} from '../operations/snapshots.ts';
import type { FaultOf } from '../faults.ts';
import { reference, type Value } from '../wire/value.ts';
import { invalidArgument, VimFault } from '../wire/vim-fault.ts';
import type { SnapshotRow, VmRow } from '../world.ts';
import { startTask } from './start-task.ts';
import { inSession, type Call, type Methods } from './method.ts';

/** Snapshots. Source: vSphere Web Services API, VirtualMachine and VirtualMachineSnapshot. */

function create(call: Call): Value {
  const { vcenter, args } = call;
  const vm = vcenter.vm(call.target);
  const name = needText(args, 'name');
  const description = textIn(args, 'description') ?? '';
  const isQuiesced = flagIn(args, 'quiesce') ?? false;
  if (name === '') throw new VimFault('InvalidName', 'The name is not valid.');
  return startTask(call, {
    vm,
    descriptionId: 'VirtualMachine.createSnapshot',
    run: async () => {
      if (isQuiesced) checkQuiesce(call, vm);
      const isAtRest = isQuiesced && vm.powerState === 'poweredOn';
      const snapshot = await takeSnapshot(vcenter, vm, { name, description, isQuiesced: isAtRest });
      return reference(snapshotRef(snapshot.id));
    },
  });
}

function checkQuiesce({ vcenter, method }: Call, vm: VmRow): void {
  if (vm.powerState !== 'poweredOn') return;
  if (!vm.areToolsRunning || vcenter.faults.take(method, ['task-quiesce-fails']) !== undefined) {
    throw new VimFault(
      'ApplicationQuiesceFault',
      'An error occurred while quiescing the virtual machine. See the virtual machine’s event log for details.',
    );
  }
}

interface RemovalTask {
  readonly vm: VmRow;
  readonly descriptionId: string;
  /** Asked for when the task runs. */
  readonly snapshots: () => SnapshotRow[];
}

const remove = (call: Call, { vm, descriptionId, snapshots }: RemovalTask): Value =>
  startTask(call, {
    vm,
    descriptionId,
    run: async (fault: FaultOf<'task-consolidation-needed'> | undefined) => {
      await removeSnapshots(call.vcenter, vm, { snapshots: snapshots(), isConsolidationLeft: fault !== undefined });
      return undefined;
    },
  });

function removeOne(call: Call): Value {
  const vm = call.vcenter.vmOfSnapshot(call.target);
  const isWithChildren = flagIn(call.args, 'removeChildren') ?? false;
  return remove(call, {
    vm,
    descriptionId: 'vm.Snapshot.remove',
    snapshots: () => {
      const snapshot = snapshotOf(vm, call.target.id);
      return isWithChildren ? [snapshot, ...descendants(vm, snapshot)] : [snapshot];
    },
  });
}

function revert(call: Call, vm: VmRow, find: () => SnapshotRow): Value {
  const isCurrent = call.method === 'RevertToCurrentSnapshot_Task';
  return startTask(call, {
    vm,
    descriptionId: isCurrent ? 'VirtualMachine.revertToCurrentSnapshot' : 'vm.Snapshot.revert',
    run: async () => {
      await revertTo(call.vcenter, vm, find());
      return undefined;
    },
  });
}

export const snapshotMethods: Methods = {
  CreateSnapshot_Task: inSession(create),
  RemoveSnapshot_Task: inSession(removeOne),
  RemoveAllSnapshots_Task: inSession((call) => {
    const vm = call.vcenter.vm(call.target);
    return remove(call, { vm, descriptionId: 'VirtualMachine.removeAllSnapshots', snapshots: () => [...vm.snapshots] });
  }),
  RevertToSnapshot_Task: inSession((call) => {
    const vm = call.vcenter.vmOfSnapshot(call.target);
    return revert(call, vm, () => snapshotOf(vm, call.target.id));
  }),
  RevertToCurrentSnapshot_Task: inSession((call) => {
    const vm = call.vcenter.vm(call.target);
    const { currentSnapshot } = vm;
    if (currentSnapshot === null)
      throw new VimFault('NotFound', 'The virtual machine does not have a current snapshot.');
    return revert(call, vm, () => snapshotOf(vm, currentSnapshot));
  }),
  ConsolidateVMDisks_Task: inSession((call) => {
    const vm = call.vcenter.vm(call.target);
    return startTask(call, {
      vm,
      descriptionId: 'VirtualMachine.consolidateDisks',
      run: async () => {
        await consolidate(call.vcenter, vm);
        return undefined;
      },
    });
  }),
  RenameSnapshot: inSession(({ vcenter, target, args }) => {
    const vm = vcenter.vmOfSnapshot(target);
    const snapshot = snapshotOf(vm, target.id);
    const name = textIn(args, 'name');
    if (name === '') throw invalidArgument('name');
    snapshot.name = name ?? snapshot.name;
    snapshot.description = textIn(args, 'description') ?? snapshot.description;
    vcenter.saveVm(vm);
    return undefined;
  }),
};
