import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { GiB } from '../../src/base/units.ts';

/** Where the figures come from: without it they mean nothing. */
export function machine(): Record<string, unknown> {
  const processors = cpus();
  return {
    cpus: processors.length,
    cpu: processors[0]?.model ?? 'unknown',
    memory_gib: Math.round(totalmem() / GiB),
    kernel: release(),
    node: process.version,
    mariadb: firstLine('mariadbd', '--version'),
    redis: firstLine('redis-server', '--version'),
  };
}

function firstLine(program: string, ...args: string[]): string {
  const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  return execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH } }).split('\n')[0] ?? '';
}
