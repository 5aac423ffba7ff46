import { z } from 'zod';
import { GiB, wholeGiB } from '../base/units.ts';

/**
 * A VM as its source describes it: body of POST /replications, answer of discovery, and what a context remembers of it
 * before its first job (vm_replication_contexts.source_inventory). Field names are the seed's.
 */

const text = (max: number): z.ZodOptional<z.ZodNullable<z.ZodString>> => z.string().max(max).nullish();

/** Of a disk: 1 PiB. vSphere ends at 62 TiB; what is beyond this is a mistake that would end in a volume's request. */
const SIZE_GB_MAX = 2 ** 20;
/** What the columns hold. */
const INTEGER_MAX = 2 ** 31 - 1;

export const SourceDisk = z
  .object({
    id: z
      .string()
      .min(1)
      .max(191)
      // The database takes two that differ in a space at the end for one.
      .regex(/^\S+$/, 'must not hold spaces')
      .meta({ description: 'disk-{vmware device key}', example: 'disk-2000' }),
    path: text(500),
    vmdk_path: text(500),
    size_gb: z.int().positive().max(SIZE_GB_MAX).nullish().meta({ description: 'GiB; at most 1 PiB' }),
    capacity_bytes: z
      .int()
      .positive()
      .max(SIZE_GB_MAX * GiB)
      .nullish()
      .meta({ description: 'bytes; without it size_gb counts as exact' }),
    datastore: text(191),
    label: text(191),
    unit_number: z.int().min(0).max(INTEGER_MAX).nullish(),
    provisioning_type: text(191),
  })
  .refine((disk) => (disk.capacity_bytes ?? disk.size_gb ?? 0) > 0, {
    path: ['capacity_bytes'],
    message: 'capacity_bytes or size_gb is needed',
  })
  .meta({ id: 'SourceDisk' });
export type SourceDisk = z.output<typeof SourceDisk>;

export const SourceNetwork = z.object({
  name: text(255),
  network_name: text(255),
  type: text(100),
  adapter_type: text(100),
  mac_address: text(64),
  connected: z.boolean().nullish(),
  label: text(255),
});

export const SourceVm = z
  .object({
    id: z.string().min(1).max(191).meta({ description: 'BIOS uuid of the VM' }),
    name: z.string().min(1).max(191),
    path: z.string().min(1).max(500).meta({ description: 'inventory path', example: '/DC/vm/web01' }),
    datacenter: text(191),
    cpus: z.int().positive().max(INTEGER_MAX).nullish(),
    memory_mb: z.int().positive().max(INTEGER_MAX).nullish(),
    os_type: text(255),
    power_state: text(50),
    display_name: text(255),
    annotation: text(10_000),
    folder_path: text(500),
    vmx_version: text(100),
    vmware_tools_status: text(100),
    vmware_tools_version: text(255),
    // Two rows for one disk would send one disk's blocks to the other's volume.
    disks: z
      .array(SourceDisk)
      .max(256)
      .default([])
      .refine((disks) => new Set(disks.map((disk) => disk.id)).size === disks.length, 'two disks have the same id'),
    networks: z.array(SourceNetwork).max(64).default([]),
  })
  .meta({ id: 'SourceVm' });
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
