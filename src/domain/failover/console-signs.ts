/** What the text on a serial console says about a boot. Pure. */

export interface ConsoleSign {
  readonly isUp: boolean;
  readonly meaning: string;
  /** What to look at next, as the end of a sentence; empty where nothing is wrong. */
  readonly advice: string;
  /** The line that shows it. */
  readonly line: string;
}

interface Known extends Omit<ConsoleSign, 'line'> {
  readonly pattern: RegExp;
  /** Said by a firmware, which tries one entry after the other and says of each why it did not start. */
  readonly isOfFirmware?: true;
  /** Of all that a firmware says, what keeps the disk from starting. */
  readonly isCause?: true;
}

const up = (meaning: string, pattern: RegExp): Known => ({ isUp: true, meaning, advice: '', pattern });
const stuck = (meaning: string, advice: string, pattern: RegExp): Known => ({ isUp: false, meaning, advice, pattern });
const firmware = (meaning: string, advice: string, pattern: RegExp): Known => ({
  ...stuck(meaning, advice, pattern),
  isOfFirmware: true,
});

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
  firmware(
    'the firmware finds no disk to boot from',
    COMPARE_FIRMWARE,
    /No bootable (device|option)|not a bootable disk|Operating system not found|Missing operating system|PXE-E53|UEFI Interactive Shell|^Shell> *$/i,
  ),
  {
    ...firmware(
      'secure boot refuses what the disk starts',
      'see whether its boot loader is signed with a key that the firmware knows, and whether the source had secure boot',
      // It refuses its own shell, too, and that is nothing of the disk.
      /BdsDxe: failed to (load|start)(?!.*EFI Internal Shell).*(Access Denied|Security Violation)|Verification failed:.*Security Violation|bad shim signature|prohibited by secure boot policy/i,
    ),
    isCause: true,
  },
  firmware('the firmware could not load the boot loader', COMPARE_FIRMWARE, /BdsDxe: failed to (load|start)/i),
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

/** The last line that says something, and what it says; of a firmware that gave up, the line that says why. */
export function signOf(lines: readonly string[]): ConsoleSign | undefined {
  let last: ConsoleSign | undefined;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const known = KNOWN.find(({ pattern }) => pattern.test(line));
    if (known === undefined) continue;
    // Something else ran before the firmware did: what that said is over.
    if (last !== undefined && !known.isOfFirmware) return last;
    const { isUp, meaning, advice } = known;
    const sign = { isUp, meaning, advice, line };
    if (known.isCause || !known.isOfFirmware) return sign;
    last ??= sign;
  }
  return last;
}

/** Sources: SeaBIOS, src/boot.c; edk2, BdsDxe; GRUB, kern/main.c and loader/i386/linux.c; syslinux; Linux, EFI stub. */
const HANDED_OVER =
  /^(Booting from Hard Disk|BdsDxe: starting|GRUB loading|Welcome to GRUB|Booting (`|'|in blind mode)|error: no suitable video mode|SYSLINUX \d|Loading \S+|EFI stub: )/i;

/** The last line where it is one of a firmware or a boot loader that has started what comes next. */
export function handOver(lines: readonly string[]): string | undefined {
  const line = lines.at(-1);
  return line !== undefined && HANDED_OVER.test(line) ? line : undefined;
}

/** A BIOS has started the disk. Source: SeaBIOS, src/boot.c. */
export const isStartOfBios = (line: string): boolean => /^Booting from Hard Disk/i.test(line);

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
