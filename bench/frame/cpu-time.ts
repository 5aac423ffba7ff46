import { readFileSync } from 'node:fs';

/**
 * Processor time that a running process has used, user and system. Source: proc(5), /proc/PID/stat: fields 14 and 15 in
 * ticks, of which Linux counts 100 a second for programs.
 */
export function cpuMs(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '';
  const [user, system] = afterName.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}
