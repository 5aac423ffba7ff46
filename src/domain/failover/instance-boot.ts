import type { SourceVm } from '../source-vm.ts';

/** How the VM of a failover starts, in CloudStack's words. Source: CloudStack API, deployVirtualMachine, boottype and bootmode. */
export interface InstanceBoot {
  readonly type: 'UEFI' | 'BIOS';
  readonly mode: 'LEGACY' | 'SECURE';
}

/** As at the source; what the source does not tell is BIOS, and nothing that has to be signed. Pure. */
export function bootOf(told: Pick<SourceVm, 'firmware' | 'secure_boot'> | undefined): InstanceBoot {
  if (told?.firmware?.toLowerCase() !== 'efi') return { type: 'BIOS', mode: 'LEGACY' };
  return { type: 'UEFI', mode: told.secure_boot === true ? 'SECURE' : 'LEGACY' };
}
