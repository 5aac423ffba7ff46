import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Debian's kernel for virtual machines, and the boot loaders that a UEFI starts it with, as scripts/bootstrap.sh has
 * fetched them: unpacked, not installed.
 */

const FOLDER = 'node_modules/.cache/migratekit-guest';
const LOADERS_FOLDER = 'node_modules/.cache/migratekit-guest-loaders';

export const kernelPath = (home: string): string => join(home, FOLDER, 'vmlinuz');

/** As Debian and, for the shim, Microsoft have signed them. Source: packages grub-efi-amd64-signed and shim-signed. */
export const loaderPath = (home: string, name: 'grubx64.efi' | 'shimx64.efi'): string =>
  join(home, LOADERS_FOLDER, name);

export interface KernelModule {
  readonly name: string;
  readonly bytes: Buffer;
}

/** These modules and those that they depend on, each after what it needs. Source: kmod, the section .modinfo. */
export function modulesInOrder(home: string, names: readonly string[]): KernelModule[] {
  const folder = join(home, FOLDER, 'modules');
  const paths = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko'))
      .map((path) => [nameOf(path), join(folder, path)]),
  );
  const ordered = new Map<string, KernelModule>();
  const add = (name: string): void => {
    const path = paths.get(name);
    if (path === undefined || ordered.has(name)) return;
    const bytes = readFileSync(path);
    const needs = /\0depends=([^\0]*)\0/.exec(bytes.toString('latin1'))?.[1] ?? '';
    for (const each of needs.split(',')) add(each);
    ordered.set(name, { name, bytes });
  };
  for (const name of names) add(name);
  return [...ordered.values()];
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.ko'.length).replaceAll('-', '_');
