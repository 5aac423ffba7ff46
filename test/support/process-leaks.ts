import { readdirSync, readFileSync } from 'node:fs';

/** Processes that carry `marker` in their environment and are not part of Jest: what a test started and left. */
export function processesOf(marker: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      environment: readProc(name, 'environ'),
      command: readProc(name, 'cmdline').replaceAll('\0', ' ').trim(),
    }))
    .filter(({ environment }) => environment.includes(`MIGRATEKIT_TEST_RUN=${marker}`))
    .filter(({ command }) => command !== '' && !/jest-worker|node_modules\/jest/.test(command))
    .map(({ pid, command }) => ({ pid, command }));
}

/** Empty when the process ended meanwhile or belongs to somebody else. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
