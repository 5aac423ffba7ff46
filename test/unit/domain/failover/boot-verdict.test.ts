import { describe, expect, test } from '@jest/globals';
import { judgeSigns } from '../../../../src/domain/failover/boot-verdict.ts';
import { consoleLines } from '../../../../src/domain/failover/console-signs.ts';

const running = (consoleText: string | undefined) => judgeSigns({ vmState: 'Running', consoleText });

describe('the verdict on a VM that was started', () => {
  test.each([
    ['a prompt for a login', 'Debian GNU/Linux 12 web ttyS0\r\n\r\nweb login: '],
    ['the end of a start of systemd', '[    9.1] systemd[1]: Startup finished in 3.2s (kernel) + 5.9s (userspace)'],
    [
      'a target that was reached',
      '[\u001b[0;32m  OK  \u001b[0m] Reached target \u001b[0;1;39mmulti-user.target\u001b[0m',
    ],
    [
      'the login prompts of systemd',
      '[\u001b[0;32m  OK  \u001b[0m] Reached target \u001b[0;1;39mgetty.target\u001b[0m - Login Prompts.',
    ],
    ['the end of cloud-init', 'Cloud-init v. 22.4.2 finished at Mon, 23 Nov 2026 00:00:00 +0000'],
    ['the prompt of Windows', 'Computer is booting, SAC started and initialized.\r\nSAC>'],
  ])('is booted by %s', (_what, text) => {
    expect(running(text)).toMatchObject({ verdict: 'booted', isFinal: true });
  });

  test.each([
    ['SeaBIOS without a disk', 'Booting from Hard Disk...\nBoot failed: not a bootable disk\n\nNo bootable device.'],
    ['UEFI without a disk', 'BdsDxe: failed to load Boot0001 "UEFI Misc Device": Not Found'],
    ['UEFI without a boot loader', 'UEFI Interactive Shell v2.2\r\nEDK II\r\nShell> '],
    ['secure boot', 'BdsDxe: failed to load Boot0002 "UEFI Misc Device": Access Denied'],
    // As a BIOS shows it that mirrors its screen: every word twice.
    [
      'syslinux without its kernel',
      'Loading vmlinuzLoading vmlinuz  failed:failed:  No such file or directory\r\nboot:boot:',
    ],
    ['a boot loader without its partition', 'error: no such device: 2f1c.\nEntering rescue mode...\ngrub rescue> '],
    [
      'a kernel without its root',
      '[ 1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)',
    ],
    ['an initramfs without its root', 'ALERT!  UUID=1 does not exist.  Dropping to a shell!\n(initramfs) '],
    ['emergency mode', 'You are in emergency mode. After logging in, type "journalctl -xb"'],
    ['a stop of Windows', '*** STOP: 0x0000007B (0xF78D2524,0xC0000034)'],
  ])('is not-booted by %s, unless something else follows', (_what, text) => {
    expect(running(text)).toMatchObject({ verdict: 'not-booted', isFinal: false });
    expect(running(`${text}\nlab-vm login: `)).toMatchObject({ verdict: 'booted' });
  });

  test.each([
    ['No bootable device.', /boot type \(BIOS or UEFI\)/],
    ['BdsDxe: failed to load Boot0002 "UEFI Misc Device": Access Denied', /^secure boot refuses .* signed/],
    ['grub rescue> ', /all disks of the source/],
    ['[ 1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)', /virtio drivers/],
    ['[ 1.2] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100 ]---', /lines above/],
    ['*** STOP: 0x0000007B (0xF78D2524,0xC0000034)', /virtio drivers/],
    ['*** STOP: 0x0000001E (0xC0000005)', /stop code/],
  ])('says what to look at after %s', (line, advice) => {
    expect(running(line)).toMatchObject({ verdict: 'not-booted', reason: expect.stringMatching(advice) });
  });

  // As OVMF says it; the disk is its first entry, and its own shell is not signed either.
  const disk = 'BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x1,0x0): ';
  const gaveUp = [
    'BdsDxe: starting Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9)/FvFile(7C04A583)',
    'BdsDxe: failed to start Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9)/FvFile(7C04A583): Security Violation',
    'BdsDxe: No bootable option or device was found.',
    'BdsDxe: Press any key to enter the Boot Manager Menu.',
  ].join('\r\n');

  test('tells a disk that secure boot refuses from one with nothing on it, whatever the firmware says of its shell', () => {
    const refused = running(`${disk}Access Denied\r\n${gaveUp}`);
    expect(refused).toMatchObject({
      verdict: 'not-booted',
      reason: expect.stringMatching(/^secure boot .*Misc Device/),
    });
    const empty = running(`${disk}Not Found\r\n${gaveUp}`);
    expect(empty).toMatchObject({
      verdict: 'not-booted',
      reason: expect.stringMatching(/^the firmware finds no disk/),
    });
    // What was refused before a loader ran is over.
    expect(running(`${disk}Access Denied\ngrub rescue>\n${gaveUp}`).reason).toMatch(/^the firmware finds no disk/);
  });

  const BIOS = 'SeaBIOS (version 1.16.2-debian-1.16.2-1)\r\nBooting from Hard Disk...\r\n';

  test.each([
    [
      BIOS,
      /nothing after "Booting from Hard Disk\.\.\."\. .*console=ttyS0.*a disk that needs UEFI: look at its screen/,
    ],
    ['BdsDxe: starting Boot0001 "UEFI Misc Device"\nWelcome to GRUB!\n', /after "Welcome to GRUB!".*console=ttyS0/],
    ['EFI stub: Loaded initrd from command line option', /console=ttyS0/],
  ])('is running, and says what that may mean, when nothing follows a boot loader', (text, reason) => {
    expect(running(text)).toMatchObject({ verdict: 'running', reason: expect.stringMatching(reason), isFinal: false });
    expect(running(`${text}\nlab-vm login: `)).toMatchObject({ verdict: 'booted' });
    expect(running(`${text}\n[    0.5] Linux version 6.1`).reason).toContain('no end of the boot');
  });

  test('is not-booted when nothing follows a BIOS that was made for a UEFI', () => {
    const seen = (consoleText: string | undefined) =>
      judgeSigns({ vmState: 'Running', consoleText, isBiosForUefi: true });
    const told = expect.stringContaining('boot type UEFI');
    expect(seen(BIOS)).toEqual({ verdict: 'not-booted', reason: told, isFinal: false });
    // Disks that start by both are made, too.
    expect(seen(`${BIOS}\nlab-vm login: `)).toMatchObject({ verdict: 'booted' });
    expect(seen(undefined)).toMatchObject({ verdict: 'running', reason: told });
  });

  test('names the line that it believes, without what terminals hide', () => {
    const { reason } = running('one login: \u001b[2J\n[   12.1] random: crng init done\n');
    expect(reason).toBe('the system waits for a login: one login:');
  });

  test('is running while the console shows neither, is empty, or cannot be read', () => {
    expect(running('[    0.5] Linux version 6.1').reason).toContain('no end of the boot');
    expect(running('Last login: Mon Nov 23 on tty1')).toMatchObject({ verdict: 'running', isFinal: false });
    expect(running('').reason).toContain('its console is empty');
    expect(running(undefined).reason).toBe(
      'the VM is Running; its console cannot be read: look at its screen in CloudStack',
    );
    expect(judgeSigns({ vmState: undefined, consoleText: undefined })).toMatchObject({ verdict: 'running' });
  });

  test.each(['Stopped', 'Destroyed', 'Error', 'gone'])('is not-booted, at once, when the VM is %s again', (vmState) => {
    const opinion = judgeSigns({ vmState, consoleText: 'web login: ' });
    expect(opinion).toEqual({ verdict: 'not-booted', reason: `the VM is ${vmState} again`, isFinal: true });
  });
});

test('the lines of a console are what a person would read, each of a bounded length', () => {
  const lines = consoleLines(`\u001bc\u001b[?7l\u001b]0;title\u0007one\r\n\r\n\ttwo\b\u0000 \r${'x'.repeat(1_000)}`);
  expect(lines).toEqual(['one', '\ttwo', 'x'.repeat(300)]);
});
