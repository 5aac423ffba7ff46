import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { archiveOf, withFolders } from './archive.ts';
import { modulesInOrder } from './kernel.ts';

/**
 * The system of a lab guest: a shell in a first root that stays, on Debian's kernel. It tells on the console what it
 * finds on its disks before it touches them, writes to them as a real system would, and then waits for a login. It ends
 * when its power button is pressed.
 */

/** Drivers of the disks, the cards, the boot partition and the power button. What they need themselves is said in them. */
const DRIVERS = ['virtio_pci', 'virtio_blk', 'virtio_net', 'vfat', 'nls_cp437', 'nls_ascii', 'button', 'evdev'];

/** Of each disk so much is hashed: emulated, a whole disk would take long. */
const HASHED_MIB = 8;

const INIT = (modules: readonly string[]): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for module in ${modules.join(' ')}; do insmod /drivers/$module.ko; done
name=$(sed -n 's/.*migratekit\\.hostname=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
hostname "\${name:-guest}"

say() { echo "MIGRATEKIT $*" >/dev/console; }
firmware=bios
[ -d /sys/firmware/efi ] && firmware=uefi
say "guest=$(hostname) firmware=$firmware cpus=$(grep -c ^processor /proc/cpuinfo)"
for card in /sys/class/net/e*; do
  [ -e "$card/address" ] && say "nic=\${card##*/} mac=$(cat "$card/address")"
done
for disk in /sys/block/vd*; do
  [ -e "$disk/size" ] || continue
  hash=$(dd if="/dev/\${disk##*/}" bs=1M count=${HASHED_MIB} 2>/dev/null | sha256sum)
  say "disk=\${disk##*/} serial=$(cat "$disk/serial") bytes=$(($(cat "$disk/size") * 512)) sha256_8m=\${hash%% *}"
done

wrote() { echo "$(hostname) was up for $(cat /proc/uptime)" >>"/mnt/boots.txt" && sync && umount /mnt && say "wrote=$1"; }
mount -t vfat -o codepage=437,iocharset=ascii /dev/vda1 /mnt 2>/dev/null && wrote vda1
for disk in /dev/vd[b-z]; do
  [ -e "$disk" ] && mount -t ext4 "$disk" /mnt 2>/dev/null && wrote "\${disk##*/}"
done

acpid -d -c /etc/acpi >/dev/null 2>&1 &
say ready
case $(cat /proc/cmdline) in
  *console=ttyS0*) while :; do getty -L 115200 ttyS0 vt100; done ;;
  *) while :; do sleep 3600; done ;;
esac
`;

const POWER_OFF = `#!/bin/sh
echo "MIGRATEKIT power=off" >/dev/console
sync
poweroff -f
`;

/** Compressed, as a boot loader loads it. */
export function guestInitramfs(home: string): Buffer {
  const modules = modulesInOrder(home, DRIVERS);
  const files = new Map<string, Buffer>();
  files.set('init', Buffer.from(INIT(modules.map((module) => module.name))));
  files.set('bin/busybox', readFileSync('/bin/busybox'));
  files.set('etc/acpi/PWRF/00000080', Buffer.from(POWER_OFF));
  files.set('etc/issue', Buffer.from('Guest of the lab\n'));
  for (const { name, bytes } of modules) files.set(`drivers/${name}.ko`, bytes);
  return gzipSync(archiveOf(withFolders(files)), { level: 1 });
}
