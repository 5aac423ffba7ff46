import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SECOND } from '../base/units.ts';
import { namesIn } from './device-state.ts';

/** How long udev may take for its links. */
const SETTLE_S = 5;
const PROGRAM_DEADLINE_MS = 10 * SECOND;
const SCSI_HOSTS = '/sys/class/scsi_host';
const PCI_RESCAN = '/sys/bus/pci/rescan';

/**
 * Has the kernel look for disks that it may not have noticed, and udev make its links again: for a disk that was
 * attached and does not appear. What cannot be done here (no udev, no right) is left out; nothing is changed by it, and
 * it ends within 20 s. The PCI buses are looked through only where that is asked for, and by root: a virtio disk whose
 * hotplug interrupt was lost is found so. Source: Documentation/ABI/testing/sysfs-bus-pci, rescan.
 */
export async function nudgeDevices(
  signal: AbortSignal | undefined,
  { rescansPci }: { readonly rescansPci: boolean },
): Promise<void> {
  if (rescansPci && process.getuid?.() === 0) await writeFile(PCI_RESCAN, '1').catch(() => undefined);
  const hosts = await namesIn(SCSI_HOSTS);
  // Any channel, any target, any unit. Source: drivers/scsi/scsi_sysfs.c, store_scan.
  await Promise.all(hosts.map((host) => writeFile(join(SCSI_HOSTS, host, 'scan'), '- - -').catch(() => undefined)));
  await run(['trigger', '--subsystem-match=block', '--action=change'], signal);
  await run(['settle', `--timeout=${SETTLE_S}`], signal);
}

function run(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    execFile('udevadm', args, { timeout: PROGRAM_DEADLINE_MS, killSignal: 'SIGKILL', signal }, () => resolve());
  });
}
