import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { invalidRequest, notFound, precondition } from '../../base/errors.ts';

/** From a name that somebody sent to a folder below the configured root, and nowhere else. */

export interface VmFolder {
  readonly name: string;
  /** Real path: no link in it. */
  readonly path: string;
}

/** A single name: no separator, no control character, not hidden, at most 255 bytes as file systems want it. */
export function isPlainName(name: string): boolean {
  return (
    name !== '' && !name.startsWith('.') && !/[/\\\u0000-\u001f\u007f]/.test(name) && Buffer.byteLength(name) <= 255
  );
}

/** @throws precondition `source.root-missing` when no root is configured or it is not there. */
export async function realRoot(root: string | undefined): Promise<string> {
  if (root === undefined) {
    throw precondition('source.root-missing', 'no folder for VMs of kind folder is configured', {
      hint: 'set MIGRATEKIT_VMA_FOLDER_ROOT to the folder that holds one sub-folder per VM',
    });
  }
  try {
    return await realpath(root);
  } catch (cause) {
    throw precondition('source.root-missing', 'the folder for VMs of kind folder cannot be read', {
      cause,
      details: { root },
      hint: 'check MIGRATEKIT_VMA_FOLDER_ROOT on the VMA',
    });
  }
}

/**
 * @throws invalid-request `source.name-invalid`; not-found `source.vm-unknown`, also for a link that leads out of the
 * root: what lies there is none of the caller's business.
 */
export async function locateVm(root: string | undefined, name: string): Promise<VmFolder> {
  const base = await realRoot(root);
  if (!isPlainName(name)) {
    throw invalidRequest('source.name-invalid', 'the name of a folder VM is one folder name', {
      details: { vm: name },
      hint: 'GET /folder-vms lists the names',
    });
  }
  const unknown = notFound('source.vm-unknown', `there is no folder VM ${name}`, {
    details: { vm: name },
    hint: 'GET /folder-vms lists the names',
  });
  let path: string;
  try {
    path = await realpath(join(base, name));
    if (!(await lstat(path)).isDirectory()) throw unknown;
  } catch {
    throw unknown;
  }
  if (!path.startsWith(base.endsWith(sep) ? base : base + sep)) throw unknown;
  return { name, path };
}
