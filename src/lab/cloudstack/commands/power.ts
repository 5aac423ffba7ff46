import type { CommandContext } from '../command.ts';
import { machineOf } from '../guests/machine-of.ts';
import { internalError } from '../refusal.ts';
import { volumesOf } from '../volume-rules.ts';
import type { VmRow } from '../world.ts';

type Host = Pick<CommandContext, 'world' | 'storage' | 'hypervisor'>;

/**
 * Runs when it resolves, on a host that could run it; what it has is on storage then. Source of the words:
 * VirtualMachineManagerImpl. @throws Refusal when the host cannot
 */
export async function powerOn({ world, storage, hypervisor }: Host, vm: VmRow): Promise<void> {
  const fresh = volumesOf(world, vm).filter((row) => row.state === 'Allocated');
  for (const volume of fresh) storage.create(volume);
  // The appliances are this machine itself.
  if (!world.omaVmIds.includes(vm.id)) {
    await hypervisor.start(machineOf(world, storage, vm)).catch((reason: unknown) => {
      throw internalError(`Unable to start VM [${vm.id}] due to [${reason instanceof Error ? reason.message : ''}]`);
    });
  }
  for (const volume of fresh) volume.state = 'Ready';
  vm.state = 'Running';
}
