import { join } from 'node:path';

/** One of the programs that are compared: how it is called for a source and a target. */
export interface Side {
  readonly name: string;
  command(source: string, target: string): readonly string[];
}

/** Those of the launcher. */
const SETTINGS = ['env', 'UV_USE_IO_URING=0'];
const BARE_LOOP = join(import.meta.dirname, 'bare-loop.ts');
const MIGRATEKIT = join(import.meta.dirname, '../../migratekit');

export const ours = (...options: readonly string[]): Side => oursAs('ours', ...options);

/** Several of ours side by side. */
export const oursAs = (name: string, ...options: readonly string[]): Side => ({
  name,
  command: (source, target) => [MIGRATEKIT, 'copy', source, target, ...options],
});

export const nbdcopy = (...options: readonly string[]): Side => named('nbdcopy', ...options);

/** See bare-loop.ts. */
export const bareLoop = (): Side => ({
  name: 'bare loop',
  command: (source, target) => [...SETTINGS, process.execPath, '--single-threaded', BARE_LOOP, source, target],
});

/** nbdcopy with other settings than its own. */
export const named = (name: string, ...options: readonly string[]): Side => ({
  name,
  command: (source, target) => ['nbdcopy', '--flush', ...options, source, target],
});

/** A small sweep of what its manual says matters; the best of them runs beside the defaults. */
export const SWEEP: readonly (readonly string[])[] = [
  ['--connections=1', '--threads=1'],
  ['--connections=2', '--threads=2', '--request-size=524288'],
  ['--connections=2', '--threads=2', '--request-size=1048576', '--requests=16'],
  ['--connections=2', '--threads=2', '--requests=16'],
  ['--connections=4', '--threads=4', '--requests=16'],
];
