/** What the text on a serial console says about a boot. Pure. */

export interface ConsoleSign {
  readonly isUp: boolean;
  readonly meaning: string;
  /** What to look at next, as the end of a sentence; empty where nothing is wrong. */
  readonly advice: string;
  /** The line that shows it. */
  readonly line: string;
}

type Known = Omit<ConsoleSign, 'line'> & { readonly pattern: RegExp };

const up = (meaning: string, pattern: RegExp): Known => ({ isUp: true, meaning, advice: '', pattern });
const stuck = (meaning: string, advice: string, pattern: RegExp): Known => ({ isUp: false, meaning, advice, pattern });

const COMPARE_FIRMWARE = 'compare its boot type (BIOS or UEFI) and its root disk with those of the source';
const COMPARE_DISKS = 'see whether it has all disks of the source, in their order';
const NEEDS_DRIVERS =
  'it may have no virtio drivers: see what the failover says of its conversion, and fail over without skip_virtio';

/**
 * Texts of systems as they come. Sources: agetty(8); systemd, src/core/manager.c and src/core/main.c; cloud-init,
 * final message; Microsoft, Emergency Management Services (the prompt of its special administration console); SeaBIOS,
 * src/boot.c; edk2, BdsDxe and Shell; shim, shim.c; syslinux, mbr and core/elflink; GRUB, kern/err.c, kern/verifiers.c and
 * normal/main.c; Linux, kernel/panic.c and init/do_mounts.c; initramfs-tools, scripts/functions; dracut,
 * dracut-emergency.sh; systemd, emergency.service; Microsoft, stop codes.
 */
const KNOWN: readonly Known[] = [
  up('the system waits for a login', /(^|\s)login: *$/i),
  up(
    'the system has come up',
    /Startup finished in|Reached target .*(multi-user|graphical|getty)|Cloud-init v\. \S+ finished/i,
  ),
  up('Windows has come up', /^SAC>/),
  stuck(
    'the firmware finds no disk to boot from',
    COMPARE_FIRMWARE,
    /No bootable (device|option)|not a bootable disk|Operating system not found|Missing operating system|PXE-E53|UEFI Interactive Shell|^Shell> *$/i,
  ),
  stuck(
    'secure boot refuses what the disk starts',
    'see whether it is signed, and whether the source had secure boot',
    /BdsDxe: failed to (load|start).*(Access Denied|Security Violation)|Verification failed:.*Security Violation|bad shim signature|prohibited by secure boot policy/i,
  ),
  stuck('the firmware could not load the boot loader', COMPARE_FIRMWARE, /BdsDxe: failed to (load|start)/i),
  stuck(
    'the boot loader is stuck',
    COMPARE_DISKS,
    /grub rescue>|error: (no such (device|partition)|unknown filesystem|file .* not found)|(Boot error|No DEFAULT or UI configuration directive found|Failed to load (ldlinux|COM32))|^Loading \S+.*failed:.*No such file|Could not find kernel image:/i,
  ),
  stuck(
    'the kernel has stopped',
    NEEDS_DRIVERS,
    /Kernel panic - not syncing: VFS|VFS: (Cannot open root device|Unable to mount root fs)/i,
  ),
  stuck('the kernel has stopped', 'read the lines above it on its console', /Kernel panic - not syncing/i),
  stuck(
    'the system does not find its root file system',
    NEEDS_DRIVERS,
    /ALERT!.* does not exist|Gave up waiting for (root|suspend\/resume)|^\(initramfs\) *$|Dropping to a shell!|dracut-initqueue.*(timeout|Could not boot)|Warning: \S+ does not exist/i,
  ),
  stuck(
    'the system waits for help in emergency mode',
    `a file system of its fstab is missing or damaged: ${COMPARE_DISKS}`,
    /You are in (emergency|rescue) mode|Entering emergency mode|Give root password for maintenance/i,
  ),
  stuck('Windows has stopped', NEEDS_DRIVERS, /INACCESSIBLE_BOOT_DEVICE|\*\*\* ?STOP: 0x0*7B|0x0000007B/i),
  stuck('Windows has stopped', 'look its stop code up', /\*\*\* ?STOP: 0x/i),
];

/** The last line that says something, and what it says. */
export function signOf(lines: readonly string[]): ConsoleSign | undefined {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const known = KNOWN.find(({ pattern }) => pattern.test(line));
    if (known === undefined) continue;
    const { isUp, meaning, advice } = known;
    return { isUp, meaning, advice, line };
  }
  return undefined;
}

/** A line of a terminal may be this long; longer ones are cut. */
const LINE_CHARS_MAX = 300;
// Control sequences (ECMA-48: CSI, OSC, and two-letter escapes) and other control characters, without tab.
const SEQUENCES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_c])/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What a person would read: no control sequences, no empty lines; what a line is overwritten with counts as a line. */
export function consoleLines(text: string): string[] {
  return text
    .replace(SEQUENCES, '')
    .split(/[\r\n]+/)
    .map((line) => line.replace(CONTROLS, '').trimEnd().slice(0, LINE_CHARS_MAX))
    .filter((line) => line.trim() !== '');
}
