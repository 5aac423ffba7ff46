import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { precondition, type AppError } from '../../base/errors.ts';
import { MiB } from '../../base/units.ts';

/**
 * What a Windows guest needs and Debian does not have: drivers for virtio, and a program that installs them at the first
 * start. Both are looked for before anything is written. Source: virt-v2v(1), VIRTIO_WIN and VIRT_TOOLS_DATA_DIR.
 */

const TOOLS = '/usr/share/virt-tools';
const FIRST_START_PROGRAMS = ['rhsrvany.exe', 'pvvxsvc.exe'];
/** The image of the drivers has several hundred MiB; one that was cut short would leave a guest without a disk driver. */
const ISO_BYTES_MIN = 100 * MiB;

/** @throws precondition `conversion.drivers-missing` */
export function checkWindowsDrivers(virtioWin: string | undefined, tools = TOOLS): void {
  if (virtioWin === undefined) throw missing('MIGRATEKIT_VIRTIO_WIN does not say where virtio drivers are');
  const found = statSync(virtioWin, { throwIfNoEntry: false });
  if (found === undefined) throw missing(`there are no virtio drivers at ${virtioWin}`);
  if (found.isFile() && found.size < ISO_BYTES_MIN) {
    throw missing(`${virtioWin} has ${found.size} bytes: that is no whole image of virtio drivers`);
  }
  if (found.isDirectory() && !existsSync(join(virtioWin, 'viostor'))) {
    throw missing(`${virtioWin} holds no viostor: it is no folder of virtio drivers`);
  }
  if (!FIRST_START_PROGRAMS.some((name) => existsSync(join(tools, name)))) {
    throw missing(`there is no ${FIRST_START_PROGRAMS.join(' or ')} in ${tools}`);
  }
}

const missing = (what: string): AppError =>
  precondition('conversion.drivers-missing', `the guest is a Windows, and ${what}`, {
    hint: 'get virtio-win (ISO or folder) and rhsrvany, name the first in MIGRATEKIT_VIRTIO_WIN, see docs/failover.md; or fail over with skip_virtio and a SATA root disk',
  });
