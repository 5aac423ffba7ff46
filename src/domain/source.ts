import { precondition } from '../base/errors.ts';

/** Where the disks of a VM come from, as the VMA wants to be asked for them. */

export interface SourceOfVm {
  readonly kind: 'folder' | 'vsphere';
  /** folder: name of the VM's folder below the root. vsphere: inventory path. */
  readonly vm: string;
}

/** A folder VM has this in place of the name of a vCenter. */
export const FOLDER_VCENTER = 'folder';

/** @throws precondition `source.path-missing` when the inventory path of a folder VM names no folder */
export function sourceOf(context: { readonly vcenterHost: string; readonly vmPath: string }): SourceOfVm {
  if (context.vcenterHost !== FOLDER_VCENTER) return { kind: 'vsphere', vm: context.vmPath };
  const folder = context.vmPath.split('/').findLast((part) => part !== '');
  if (folder === undefined) {
    throw precondition('source.path-missing', 'the inventory path of this VM names no folder', {
      hint: 'add the VM again with its path, e.g. /images/vm-1',
    });
  }
  return { kind: 'folder', vm: folder };
}
