import { readdir } from 'node:fs/promises';
import { toAppError } from '../../base/errors.ts';
import type { FolderVm, FolderVmList } from '../folder-contract.ts';
import { readDescriptor } from './descriptor.ts';
import { fromSystemError } from './freeze.ts';
import { inspectImage } from './image.ts';
import { isPlainName, locateVm, realRoot } from './locate.ts';

/** What discovery knows of VMs of kind `folder`. */

/** @throws what locateVm, readDescriptor and inspectImage throw. */
export function describeFolderVm(root: string | undefined, name: string): Promise<FolderVm> {
  return describe(root, name).catch((thrown: unknown) => {
    throw fromSystemError(thrown);
  });
}

async function describe(root: string | undefined, name: string): Promise<FolderVm> {
  const folder = await locateVm(root, name);
  const vm = await readDescriptor(folder);
  const disks = [];
  for (const disk of vm.disks) {
    const { capacityBytes } = await inspectImage(folder.path, disk);
    const { disk_id, file, format, unit_number, label } = disk;
    disks.push({ disk_id, file, format, capacity_bytes: capacityBytes, unit_number, label });
  }
  return {
    name: folder.name,
    display_name: vm.name,
    uuid: vm.uuid,
    path: folder.path,
    cpus: vm.cpus ?? null,
    memory_mb: vm.memory_mb ?? null,
    os_type: vm.os_type ?? null,
    networks: vm.networks ?? [],
    disks,
  };
}

/** All folders below the root, sorted by name; one that cannot be used is a problem and does not hide the others. */
export async function listFolderVms(root: string | undefined): Promise<FolderVmList> {
  const base = await realRoot(root);
  const entries = await readdir(base, { withFileTypes: true });
  const names = entries
    .filter((e) => (e.isDirectory() || e.isSymbolicLink()) && isPlainName(e.name))
    .map((e) => e.name);
  const list: FolderVmList = { vms: [], problems: [] };
  for (const name of names.toSorted()) {
    try {
      const vm = await describeFolderVm(base, name);
      const twin = list.vms.find((other) => other.uuid === vm.uuid);
      if (twin !== undefined) list.problems.push(duplicate(name, twin.name));
      else if (vm.disks.length > 0) list.vms.push(vm);
    } catch (thrown) {
      const error = toAppError(thrown);
      list.problems.push({ name, code: error.code, message: error.message, hint: error.hint ?? null });
    }
  }
  return list;
}

function duplicate(name: string, twin: string): FolderVmList['problems'][number] {
  return {
    name,
    code: 'source.uuid-duplicate',
    message: `${name} has the same uuid as ${twin}`,
    hint: `it looks like a copy: delete vm.json in ${name} to make it a VM of its own`,
  };
}
