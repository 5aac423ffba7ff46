import { readdir, readFile } from 'node:fs/promises';
import { sleep, systemClock } from '../../base/clock.ts';
import { upstream } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { identify, type DeviceIdentity } from '../device-identity.ts';

/**
 * What a conversion leaves behind when its volume daemon is killed: the head of its group dies at once, and the small VM
 * behind it, with the servers of its disks, writes on until a process that looks for the head every 2 s has missed it.
 * Source: libguestfs, lib/launch-direct.c, the recovery process; virt-v2v 2.2, which serves disks by nbdkit.
 */

const LETTING_GO_MS = 30 * SECOND;
const POLL_MS = 200;

/** Processes other than this one that have one of these open for writing. Those that end meanwhile have not. */
export async function writersOf(disks: ReadonlySet<DeviceIdentity>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const writers = await Promise.all(pids.map((pid) => writes(pid, disks)));
  return pids.filter((_, index) => writers[index]).map(Number);
}

async function writes(pid: string, disks: ReadonlySet<DeviceIdentity>): Promise<boolean> {
  for (const fd of await namesIn(`/proc/${pid}/fd`)) {
    const found = await identify(`/proc/${pid}/fd/${fd}`).catch(() => undefined);
    if (found !== undefined && disks.has(found.identity) && (await isWritable(pid, fd))) return true;
  }
  return false;
}

/** Source: proc(5), /proc/pid/fdinfo: flags are octal, and their last two bits O_WRONLY and O_RDWR. */
async function isWritable(pid: string, fd: string): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
  return /^flags:\s*\d*[1-3567]$/m.test(info);
}

/** Empty for a process that is gone, or is somebody else's: as root there are none of these. */
const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/**
 * Returns once nobody but this process has one of these open for writing.
 * @throws upstream `conversion.stuck` when somebody still has after `withinMs`; the reason of `signal`
 */
export async function untilLetGo(
  disks: ReadonlySet<DeviceIdentity>,
  { signal, withinMs = LETTING_GO_MS }: { readonly signal: AbortSignal; readonly withinMs?: number },
): Promise<void> {
  const deadline = systemClock.monotonic() + withinMs;
  for (;;) {
    const pids = await writersOf(disks);
    if (pids.length === 0) return;
    if (systemClock.monotonic() >= deadline) {
      throw upstream('conversion.stuck', 'an earlier attempt ended, and what it left behind still has the disks open', {
        details: { pids },
        hint: 'end these processes: until they end, nobody else may write to the disks',
        retry: 'never',
      });
    }
    await sleep(POLL_MS, signal);
  }
}
