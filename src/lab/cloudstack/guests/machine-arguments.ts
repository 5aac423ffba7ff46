import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './hypervisor.ts';

/** The hardware of a VM, as qemu is told. Source: qemu-system-x86_64(1). */

/** A laptop is no server: what a guest thinks it has of more than this would be taken from everybody else. */
const MEMORY_MIB_MAX = 768;
const CPUS_MAX = 2;

/** Debian, package ovmf. */
const OVMF = '/usr/share/OVMF';
const FIRMWARE = {
  uefi: { code: join(OVMF, 'OVMF_CODE_4M.fd'), variables: join(OVMF, 'OVMF_VARS_4M.fd') },
  'uefi-secure': { code: join(OVMF, 'OVMF_CODE_4M.ms.fd'), variables: join(OVMF, 'OVMF_VARS_4M.ms.fd') },
};

/** @throws Error when there is no firmware of the kind that is asked for */
export function machineArguments(machine: Machine, folder: string): string[] {
  const { memoryMiB, cpus, firmware, disks, macAddresses } = machine;
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-monitor', 'stdio'],
    // Without help of the processor: that needs rights which a lab does not have, and a laptop may have none.
    ...['-accel', 'tcg', '-cpu', 'Nehalem'],
    ...['-m', String(Math.min(memoryMiB, MEMORY_MIB_MAX)), '-smp', String(Math.min(cpus, CPUS_MAX))],
    ...(firmware === 'bios' ? BIOS : uefi(firmware, folder)),
    ...['-serial', `file:${value(join(folder, 'console'))}`],
    ...disks.flatMap((disk, index) => diskArguments(disk, index)),
    // Cards that are plugged in nowhere, and from which nothing is booted.
    ...macAddresses.flatMap((mac) => ['-device', `virtio-net-pci,mac=${mac},romfile=`]),
  ];
}

/** Its messages go to the serial console, as there is no screen. */
const BIOS = ['-machine', 'pc,graphics=off'];

function uefi(firmware: keyof typeof FIRMWARE, folder: string): string[] {
  const { code, variables } = FIRMWARE[firmware];
  if (!existsSync(code)) throw new Error(`there is no UEFI firmware on this host: install the Debian package ovmf`);
  const own = join(folder, 'variables');
  if (!existsSync(own)) copyFileSync(variables, own);
  const flash = (file: string, unit: number): string => `if=pflash,format=raw,unit=${unit},file=${value(file)}`;
  return [
    ...['-machine', firmware === 'uefi' ? 'q35' : 'q35,smm=on'],
    ...(firmware === 'uefi' ? [] : ['-global', 'driver=cfi.pflash01,property=secure,value=on']),
    ...['-drive', `${flash(code, 0)},readonly=on`, '-drive', flash(own, 1)],
  ];
}

/** Locked as on a real host: whoever has the file open for writing keeps the VM from starting, and the other way round. */
function diskArguments({ file, serial }: Machine['disks'][number], index: number): string[] {
  const boot = index === 0 ? ',bootindex=1' : '';
  return [
    ...['-blockdev', `driver=file,node-name=disk${index},filename=${value(file)},locking=on,discard=unmap`],
    ...['-device', `virtio-blk-pci,drive=disk${index},serial=${serial}${boot}`],
  ];
}

/** Commas separate properties and are written twice inside a value. */
const value = (text: string): string => text.replaceAll(',', ',,');
