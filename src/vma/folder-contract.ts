import { z } from 'zod';

/** The wire of GET /folder-vms: the VMs of kind `folder` that the VMA sees, for registration as contexts. */

export const ImageFormat = z.enum(['raw', 'qcow2', 'vmdk']);
export type ImageFormat = z.output<typeof ImageFormat>;

const FolderVmDisk = z.object({
  disk_id: z.string(),
  /** Name of the image file in the VM's folder. */
  file: z.string(),
  format: ImageFormat,
  capacity_bytes: z.int().positive(),
  unit_number: z.int().min(0),
  label: z.string(),
});

export const FolderVm = z.object({
  /** Name of the folder: what CreateSession calls `vm`. */
  name: z.string(),
  /** Name for people, from vm.json. */
  display_name: z.string(),
  uuid: z.string(),
  /** Real path of the folder on the VMA. */
  path: z.string(),
  cpus: z.int().positive().nullable(),
  memory_mb: z.int().positive().nullable(),
  os_type: z.string().nullable(),
  networks: z.array(z.object({ name: z.string(), mac_address: z.string().optional() })),
  disks: z.array(FolderVmDisk),
});
export type FolderVm = z.output<typeof FolderVm>;

export const FolderVmList = z.object({
  vms: z.array(FolderVm),
  /** Folders that are no usable VM, and why. */
  problems: z.array(z.object({ name: z.string(), code: z.string(), message: z.string(), hint: z.string().nullable() })),
});
export type FolderVmList = z.output<typeof FolderVmList>;
