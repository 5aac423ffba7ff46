import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, open, readFile, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MiB, MINUTE } from '../../../src/base/units.ts';

/**
 * A Debian as it is installed on VMware: kernel, initramfs with the driver of a paravirtual SCSI controller and nothing of
 * virtio, GRUB, systemd, and an fstab that names /dev/sda1 and /dev/sdb. On KVM it finds no disk until it is converted.
 * Needs to be root, the Debian package mmdebstrap, and a mirror of Debian.
 */

const run = promisify(execFile);
const TOOL_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const tool = (program: string, args: readonly string[]): Promise<{ stdout: string }> =>
  run(program, args, { timeout: 30 * MINUTE, env: { PATH: TOOL_PATH, LC_ALL: 'C.UTF-8' }, maxBuffer: 64 * MiB });

export const SYSTEM_BYTES = 1280 * MiB;
export const DATA_BYTES = 64 * MiB;
const PARTITION_AT = MiB;
const SECTOR_BYTES = 512;
/** Of the master boot record, before its signature and its table. */
const BOOT_CODE_BYTES = 440;
const ROOT_UUID = '5eed0000-0000-4000-8000-000000000001';

const PACKAGES = [
  ...['linux-image-amd64', 'initramfs-tools', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'e2fsprogs'],
  ...['grub2-common', 'grub-pc-bin'],
];

/** Files `system.img` and `data.img` in this folder, made where they are not there yet. */
export async function debianImages(folder: string): Promise<{ system: string; data: string }> {
  const [system, data] = [join(folder, 'system.img'), join(folder, 'data.img')];
  await mkdir(folder, { recursive: true });
  if (!existsSync(data)) {
    await empty(`${data}.part`, DATA_BYTES);
    await tool('mkfs.ext4', ['-q', '-F', `${data}.part`]);
    await rename(`${data}.part`, data);
  }
  if (!existsSync(system)) {
    const root = join(folder, 'root');
    await rm(root, { recursive: true, force: true });
    await tool('mmdebstrap', ['--variant=minbase', '--mode=root', `--include=${PACKAGES.join(',')}`, 'bookworm', root]);
    await furnish(root);
    await makeDisk(root, `${system}.part`);
    await rename(`${system}.part`, system);
    await rm(root, { recursive: true, force: true });
  }
  return { system, data };
}

async function empty(path: string, bytes: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, bytes);
}

async function furnish(root: string): Promise<void> {
  for (const name of ['doc', 'locale', 'man'])
    await rm(join(root, 'usr/share', name), { recursive: true, force: true });
  await mkdir(join(root, 'data'));
  const version = await kernelOf(root);
  const files: Readonly<Record<string, string>> = {
    'etc/hostname': 'web-1\n',
    'etc/fstab': '/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sdb /data ext4 defaults 0 2\n',
    'etc/initramfs-tools/conf.d/own': 'MODULES=list\nRESUME=none\nCOMPRESS=gzip\n',
    'etc/initramfs-tools/modules': 'vmw_pvscsi\nsd_mod\next4\n',
    'etc/default/grub': 'GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX="console=ttyS0 mitigations=off"\nGRUB_TERMINAL=serial\n',
    'boot/grub/grub.cfg': grubConfig(version),
    'usr/local/sbin/account': ACCOUNT,
    'etc/systemd/system/account.service': ACCOUNT_SERVICE,
  };
  await mkdir(join(root, 'boot/grub'), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  await chmod(join(root, 'usr/local/sbin/account'), 0o755);
  const wanted = join(root, 'etc/systemd/system/multi-user.target.wants');
  await mkdir(wanted, { recursive: true });
  await symlink('../account.service', join(wanted, 'account.service'));
  await tool('chroot', [root, 'update-initramfs', '-u', '-k', version]);
}

async function kernelOf(root: string): Promise<string> {
  const name = (await readdir(join(root, 'boot'))).find((each) => each.startsWith('vmlinuz-')) ?? '';
  return name.slice('vmlinuz-'.length);
}

const grubConfig = (version: string): string => `serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
search --no-floppy --fs-uuid --set=root ${ROOT_UUID}
menuentry 'Debian GNU/Linux' {
  linux /boot/vmlinuz-${version} root=UUID=${ROOT_UUID} ro console=ttyS0 mitigations=off
  initrd /boot/initrd.img-${version}
}
`;

/** In the words of src/lab/guest-image/initramfs.ts, before anybody may log in. */
const ACCOUNT = `#!/bin/sh
say() { echo "MIGRATEKIT $*" >/dev/console; }
say "guest=$(hostname) root=$(findmnt -no SOURCE /) fstab=$(awk '{ printf "%s,", $1 }' /etc/fstab)"
for disk in /sys/block/[sv]d*; do
  say "disk=\${disk##*/} serial=$(cat "$disk/serial" 2>/dev/null) bytes=$(($(cat "$disk/size") * 512))"
done
for place in /var/lib /data; do
  echo "$(hostname) was up for $(cat /proc/uptime)" >>"$place/boots.txt" && sync -f "$place/boots.txt" && say "wrote=$place"
done
say ready
`;
const ACCOUNT_SERVICE = `[Unit]
After=local-fs.target
Before=serial-getty@ttyS0.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/account
[Install]
WantedBy=multi-user.target
`;

/** Without loop devices. GRUB's core finds itself behind the boot record, which is where both look by default. */
async function makeDisk(root: string, path: string): Promise<void> {
  const grub = join(root, 'boot/grub/i386-pc');
  await cp(join(root, 'usr/lib/grub/i386-pc'), grub, { recursive: true });
  const core = ['-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-o', '/boot/grub/i386-pc/core.img'];
  await tool('chroot', [root, 'grub-mkimage', ...core, 'biosdisk', 'part_msdos', 'ext2']);
  await empty(path, SYSTEM_BYTES);
  const table = `start=${PARTITION_AT / SECTOR_BYTES}, type=83, bootable\n`;
  await tool('sh', ['-c', 'printf %s "$1" | sfdisk -q "$2"', 'sh', table, path]);
  const bootCode = (await readFile(join(grub, 'boot.img'))).subarray(0, BOOT_CODE_BYTES);
  const file = await open(path, 'r+');
  try {
    await file.write(bootCode, 0, bootCode.length, 0);
    const bytes = await readFile(join(grub, 'core.img'));
    if (bytes.length > PARTITION_AT - SECTOR_BYTES) throw new Error("GRUB's core does not fit before the partition");
    await file.write(bytes, 0, bytes.length, SECTOR_BYTES);
  } finally {
    await file.close();
  }
  const blocks = `${(SYSTEM_BYTES - PARTITION_AT) / 1024}k`;
  await tool('mkfs.ext4', ['-q', '-F', '-U', ROOT_UUID, '-d', root, '-E', `offset=${PARTITION_AT}`, path, blocks]);
}
