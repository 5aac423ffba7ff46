import { sleep } from '../base/clock.ts';
import { startTicksOf } from '../base/process-mark.ts';
import { SECOND } from '../base/units.ts';

/** Names a process for good: a pid alone may be reused by the kernel, together with its start time it may not. */
export interface ProcessId {
  readonly name: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. Source: proc(5). */
  readonly startTicks: number;
}

export const isAlive = (id: Pick<ProcessId, 'pid' | 'startTicks'>): boolean => startTicksOf(id.pid) === id.startTicks;

/** The process that has this pid now. A process that ended already gets start time 0, which nobody has. */
export const processId = (name: string, pid: number): ProcessId => ({ name, pid, startTicks: startTicksOf(pid) ?? 0 });

/** SIGTERM, and SIGKILL to who has not ended after `graceMs`. Does nothing to a process that ended already. */
export async function stopProcess(id: ProcessId, graceMs = 10 * SECOND): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (isAlive(id)) process.kill(id.pid, name);
    } catch {
      // It ended between the look and the signal.
    }
  };
  signal('SIGTERM');
  // A stopped process takes a SIGTERM only when it goes on.
  signal('SIGCONT');
  for (let waitedMs = 0; waitedMs < graceMs && isAlive(id); waitedMs += 50) await sleep(50);
  signal('SIGKILL');
  for (let waitedMs = 0; waitedMs < 5 * SECOND && isAlive(id); waitedMs += 20) await sleep(20);
}
