import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { archiveOf, withFolders } from '../../../src/lab/guest-image/archive.ts';
import * as kernel from '../../../src/lab/guest-image/kernel.ts';

/** What boots in the guest: Debian's kernel, a shell, the Node that runs these tests, and our own sources as they are. */

const root = process.cwd();
export const kernelPath = kernel.kernelPath(root);
const PROGRAM = 'test/support/guest/program.ts';
/** Drivers of the disks, of their bus, and of the hot plug. What they need themselves is said in them. */
const DRIVERS = ['virtio_pci', 'virtio_blk', 'virtio_scsi', 'sd_mod'];

const INIT = (modules: readonly string[]): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /tmp
mkdir -p /tmp/by-id /mnt
for module in ${modules.join(' ')}; do insmod /drivers/$module.ko; done
stty -F /dev/ttyS1 raw -echo
cd /app
node ${PROGRAM} </dev/ttyS1 >/dev/ttyS1
echo "the program of the guest ended: $?"
poweroff -f
`;

export function writeImage(path: string): void {
  const modules = kernel.modulesInOrder(root, DRIVERS);
  const files = new Map<string, Buffer>();
  files.set('init', Buffer.from(INIT(modules.map((module) => module.name))));
  files.set('bin/busybox', readFileSync('/bin/busybox'));
  files.set('bin/node', readFileSync(process.execPath));
  for (const library of libraries(process.execPath)) files.set(library.slice(1), readFileSync(library));
  for (const module of modules) files.set(`drivers/${module.name}.ko`, module.bytes);
  for (const source of sources(PROGRAM)) files.set(join('app', source), readFileSync(join(root, source)));
  files.set('app/package.json', Buffer.from('{"type":"module"}'));
  writeFileSync(path, archiveOf(withFolders(files)));
}
/** Every file that a source of ours imports, over any number of steps. */
function sources(first: string): string[] {
  const found = new Set([first]);
  for (const source of found) {
    const text = readFileSync(join(root, source), 'utf8');
    for (const [, name = ''] of text.matchAll(/from '(\.[^']+)'/g)) {
      found.add(relative(root, resolve(root, dirname(source), name)));
    }
  }
  return [...found];
}

function libraries(program: string): string[] {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
