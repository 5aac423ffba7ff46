import { z } from 'zod';
import { GiB, wholeGiB } from '../base/units.ts';

/**
 * A VM as its source describes it: body of POST /replications, answer of discovery, and what a context remembers of it
 * before its first job (vm_replication_contexts.source_inventory). Field names are the seed's.
 */

const text = (max: number, description: string, example: string): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  z.string().max(max).meta({ description, example }).nullish();

/** Of a disk: 1 PiB. vSphere ends at 62 TiB; what is beyond this is a mistake that would end in a volume's request. */
const SIZE_GB_MAX = 2 ** 20;
/** What the columns hold. */
const INTEGER_MAX = 2 ** 31 - 1;

const SourceDisk = z
  .object({
    id: z
      .string()
      .min(1)
      .max(191)
      // The database takes two that differ in a space at the end for one.
      .regex(/^\S+$/, 'must not hold spaces')
      .meta({ description: 'disk-{vmware device key}', example: 'disk-2000' }),
    path: text(500, 'its file, where vmdk_path is not known', '[datastore1] web01/web01.vmdk'),
    vmdk_path: text(500, 'its file', '[datastore1] web01/web01.vmdk'),
    size_gb: z
      .int()
      .positive()
      .max(SIZE_GB_MAX)
      .nullish()
      .meta({ description: 'size, GiB; at most 1 PiB', example: 102 }),
    capacity_bytes: z
      .int()
      .positive()
      .max(SIZE_GB_MAX * GiB)
      .nullish()
      .meta({ description: 'size, bytes; without it size_gb counts as exact', example: 109_521_666_048 }),
    datastore: text(191, 'where its file is', 'datastore1'),
    label: text(191, 'its name in the VM', 'Hard disk 1'),
    unit_number: z
      .int()
      .min(0)
      .max(INTEGER_MAX)
      .nullish()
      .meta({ description: 'its place at the controller', example: 0 }),
    provisioning_type: text(191, 'thin, thick, ...', 'thin'),
  })
  .refine((disk) => (disk.capacity_bytes ?? disk.size_gb ?? 0) > 0, {
    path: ['capacity_bytes'],
    message: 'capacity_bytes or size_gb is needed',
  })
  .meta({ id: 'SourceDisk', description: 'a disk as its source describes it' });
export type SourceDisk = z.output<typeof SourceDisk>;

const SourceNetwork = z
  .object({
    name: text(255, 'name of the adapter', 'Network adapter 1'),
    network_name: text(255, 'name of the network', 'VM Network'),
    type: text(100, 'kind of the network', 'standard'),
    adapter_type: text(100, 'kind of the adapter', 'vmxnet3'),
    mac_address: text(64, 'hardware address', '00:50:56:00:00:01'),
    connected: z.boolean().nullish().meta({ description: 'whether the adapter is connected', example: true }),
    label: text(255, 'its name in the VM', 'Network adapter 1'),
  })
  .meta({ id: 'SourceNetwork', description: 'a network adapter as its source describes it' });

export const SourceVm = z
  .object({
    id: z
      .string()
      .min(1)
      .max(191)
      .meta({ description: 'BIOS uuid of the VM', example: '420570c7-f61f-a930-77c5-1e876786cb3c' }),
    instance_uuid: z
      .string()
      .min(1)
      .max(64)
      .toLowerCase()
      .meta({
        description: 'instance uuid: unique in its vCenter, where clones may share the BIOS uuid',
        example: '50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a',
      })
      .nullish(),
    name: z.string().min(1).max(191).meta({ description: 'name of the VM', example: 'web01' }),
    path: z.string().min(1).max(500).meta({ description: 'inventory path', example: '/DC/vm/web01' }),
    datacenter: text(191, 'datacenter of the VM', 'DC1'),
    cpus: z.int().positive().max(INTEGER_MAX).nullish().meta({ description: 'virtual processors', example: 2 }),
    memory_mb: z.int().positive().max(INTEGER_MAX).nullish().meta({ description: 'memory, MiB', example: 8192 }),
    os_type: text(255, 'guest system', 'Microsoft Windows Server 2019 (64-bit)'),
    power_state: text(50, 'whether it runs', 'poweredOn'),
    display_name: text(255, 'name that people see', 'web01'),
    annotation: text(10_000, 'notes of its owner', 'front of the shop'),
    folder_path: text(500, 'folder of the inventory', '/DC/vm'),
    firmware: text(50, 'bios or efi', 'efi'),
    secure_boot: z.boolean().nullish().meta({ description: 'its UEFI starts only what is signed', example: false }),
    vmx_version: text(100, 'version of the virtual hardware', 'vmx-19'),
    vmware_tools_status: text(100, 'whether VMware Tools run', 'toolsOk'),
    vmware_tools_version: text(255, 'version of VMware Tools', '12352'),
    // Two rows for one disk would send one disk's blocks to the other's volume.
    disks: z
      .array(SourceDisk)
      .max(256)
      .default([])
      .refine((disks) => new Set(disks.map((disk) => disk.id)).size === disks.length, 'two disks have the same id')
      .meta({ description: 'its disks, each id once' }),
    networks: z.array(SourceNetwork).max(64).default([]).meta({ description: 'its network adapters' }),
  })
  .meta({ id: 'SourceVm', description: 'a VM as its source describes it' });
export type SourceVm = z.output<typeof SourceVm>;

/** A disk with everything that its row needs. */
export interface DiskSpec {
  readonly diskId: string;
  readonly vmdkPath: string;
  readonly sizeGb: number;
  readonly capacityBytes: number;
  readonly datastore: string | null;
  readonly label: string | null;
  readonly unitNumber: number | null;
  readonly provisioningType: string | null;
}

/**
 * What vm_disks says about a disk of the inventory. `sizeGb` rounds up, so that a volume is never too small. Where the
 * source told whole GiB only, they are taken for exact: the job compares with the disk itself and refuses a difference.
 */
export function diskSpec(disk: SourceDisk): DiskSpec {
  const capacityBytes = disk.capacity_bytes ?? (disk.size_gb ?? 0) * GiB;
  return {
    diskId: disk.id,
    vmdkPath: disk.vmdk_path ?? disk.path ?? '',
    sizeGb: wholeGiB(capacityBytes),
    capacityBytes,
    datastore: disk.datastore ?? null,
    label: disk.label ?? null,
    unitNumber: disk.unit_number ?? null,
    provisioningType: disk.provisioning_type ?? null,
  };
}

const OS_WORDS: readonly [family: string, words: readonly string[]][] = [
  ['windows', ['windows', 'win']],
  [
    'linux',
    [
      'linux',
      'ubuntu',
      'debian',
      'centos',
      'rhel',
      'red hat',
      'rocky',
      'alma',
      'suse',
      'sles',
      'oracle',
      'fedora',
      'photon',
    ],
  ],
  ['macos', ['darwin', 'macos', 'mac os']],
];

/** windows, linux, macos, other, or unknown when the source says nothing. */
export function osFamily(osType: string | null | undefined): string {
  const name = (osType ?? '').toLowerCase();
  if (name === '') return 'unknown';
  // darwin contains win.
  if (name.includes('darwin')) return 'macos';
  return OS_WORDS.find(([, words]) => words.some((word) => name.includes(word)))?.[0] ?? 'other';
}
