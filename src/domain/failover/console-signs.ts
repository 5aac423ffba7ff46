/** What the text on a serial console says about a boot. Pure. */

export interface ConsoleSign {
  readonly isUp: boolean;
  readonly meaning: string;
  /** The line that shows it. */
  readonly line: string;
}

interface Known {
  readonly isUp: boolean;
  readonly meaning: string;
  readonly pattern: RegExp;
}

const up = (meaning: string, pattern: RegExp): Known => ({ isUp: true, meaning, pattern });
const stuck = (meaning: string, pattern: RegExp): Known => ({ isUp: false, meaning, pattern });

/**
 * Texts of systems as they come. Sources: agetty(8); systemd, src/core/manager.c and src/core/main.c; cloud-init,
 * final message; Microsoft, Emergency Management Services (the prompt of its special administration console); SeaBIOS,
 * src/boot.c; edk2, BdsDxe; syslinux, mbr; GRUB, kern/err.c and normal/main.c; Linux, kernel/panic.c and init/do_mounts.c;
 * initramfs-tools, scripts/functions; dracut, dracut-emergency.sh; systemd, emergency.service; Microsoft, stop codes.
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
    /No bootable (device|option)|not a bootable disk|Operating system not found|Missing operating system|PXE-E53/i,
  ),
  stuck('the firmware could not load the boot loader', /BdsDxe: failed to (load|start)/i),
  stuck(
    'the boot loader is stuck',
    /grub rescue>|error: (no such (device|partition)|unknown filesystem|file .* not found)|(Boot error|No DEFAULT or UI configuration directive found|Failed to load (ldlinux|COM32))/i,
  ),
  stuck('the kernel has stopped', /Kernel panic - not syncing|VFS: (Cannot open root device|Unable to mount root fs)/i),
  stuck(
    'the system does not find its root file system',
    /ALERT!.* does not exist|Gave up waiting for (root|suspend\/resume)|^\(initramfs\) *$|Dropping to a shell!|dracut-initqueue.*(timeout|Could not boot)|Warning: \S+ does not exist/i,
  ),
  stuck(
    'the system waits for help in emergency mode',
    /You are in (emergency|rescue) mode|Entering emergency mode|Give root password for maintenance/i,
  ),
  stuck('Windows has stopped', /INACCESSIBLE_BOOT_DEVICE|\*\*\* ?STOP: 0x|0x0000007B/i),
];

/** The last line that says something, and what it says. */
export function signOf(lines: readonly string[]): ConsoleSign | undefined {
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    const known = KNOWN.find(({ pattern }) => pattern.test(line));
    if (known !== undefined) return { isUp: known.isUp, meaning: known.meaning, line };
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
