import { join } from 'node:path';
import { MiB } from '../base/units.ts';
import { vmsDirOf } from './environment.ts';
import type { LabVm } from './source.ts';

/** VMs of the lab's vCenter that boot in its CloudStack, one for each firmware that there is. */

const KINDS = [
  { name: 'lab-guest-bios', boots: 'bios', hardware: {} },
  { name: 'lab-guest-uefi', boots: 'uefi', hardware: { firmware: 'efi' } },
  { name: 'lab-guest-secure', boots: 'uefi-signed', hardware: { firmware: 'efi', isSecureBoot: true } },
] as const;

/** @param of the folder of this program, and that of the lab */
export const guestVms = ({ home, dir }: { readonly home: string; readonly dir: string }): LabVm[] =>
  KINDS.map(({ name, boots, hardware }) => ({
    name,
    folder: join(vmsDirOf(dir), name),
    disks: [
      { key: 2000, file: 'system.img', capacityBytes: 48 * MiB, dataBytes: 0, system: { home, hostname: name, boots } },
    ],
    hardware: { ...hardware, memoryMb: 512, cpuCount: 1 },
  }));
