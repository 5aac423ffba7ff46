import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names a process of this machine for good, in a word that fits a file name: what a process leaves behind says so whose
 * it was. A pid alone is reused by the kernel, and means another process in another container; with the boot, the pid
 * namespace and the start time it does not.
 */

/** The mark of this process: `BOOT-NAMESPACE-PID-TICKS`. */
export const ownMark = (): string => [...here(), process.pid, startTicksOf(process.pid) ?? 0].join('-');

/**
 * Whether the process that made the mark has ended for sure. False where that cannot be seen: it may run in another
 * container of this machine.
 */
export function isMarkDead(mark: string): boolean {
  const [boot, namespace, pid, ticks] = mark.split('-');
  const [ownBoot, ownNamespace] = here();
  if (boot !== ownBoot) return true;
  return namespace === ownNamespace && startTicksOf(Number(pid)) !== Number(ticks);
}

/** Clock ticks from boot to the start of a process; undefined when there is none with this pid. Source: proc(5), stat. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything, spaces and brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not noticed.
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

/** What is new at each boot, and the pid namespace. Source: random(4), boot_id; namespaces(7), /proc/PID/ns. */
function here(): readonly [boot: string, namespace: string] {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return [boot, readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '')];
}
