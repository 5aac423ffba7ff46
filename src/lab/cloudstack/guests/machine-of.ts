import { serialOf } from '../devices.ts';
import type { Storage } from '../storage.ts';
import { volumesOf } from '../volume-rules.ts';
import type { VmRow, World } from '../world.ts';
import type { Machine } from './hypervisor.ts';

/** A VM as its host is told to run it. */
export function machineOf(world: World, storage: Storage, vm: VmRow): Machine {
  const offering = world.serviceOfferings.find((row) => row.id === vm.serviceOfferingId);
  const disks = volumesOf(world, vm).sort((left, right) => (left.deviceId ?? 0) - (right.deviceId ?? 0));
  return {
    vmId: vm.id,
    memoryMiB: Number(vm.details['memory'] ?? offering?.memoryMiB ?? 512),
    cpus: Number(vm.details['cpuNumber'] ?? offering?.cpuNumber ?? 1),
    firmware: firmwareOf(vm),
    disks: disks.map((volume) => ({ file: storage.pathOf(volume.id), serial: serialOf(volume.id) })),
    macAddresses: vm.nics.map((nic) => nic.macAddress),
  };
}

function firmwareOf({ bootType, bootMode }: VmRow): Machine['firmware'] {
  if (bootType === 'BIOS') return 'bios';
  return bootMode === 'SECURE' ? 'uefi-secure' : 'uefi';
}
