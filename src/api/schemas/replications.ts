import { z } from 'zod';
import { BytesPerS } from './bandwidth-limits.ts';
import { SourceVm } from '../../domain/source-vm.ts';
import {
  bytes,
  contextId,
  count,
  ErrorCode,
  flag,
  Hint,
  jobId,
  JobStatus,
  NextCursor,
  Page,
  percent,
  rate,
  seconds,
  text,
  time,
  Total,
} from './fields.ts';
import { Pace } from './job-progress.ts';

const given = (description: string, example: string, max: number): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  text(description, example).min(1).max(max).nullish();

const ConfigId = z.int().min(0);

export const StartReplication = z
  .object({
    context_id: given('a VM that is already known', 'ctx-web01-20260101-120000', 64),
    vm_name: given('the same by name; vcenter_host too where the name is ambiguous', 'web01', 191),
    source_vm: SourceVm.nullish().meta({ description: 'a VM with all that its source knows; new or known' }),
    vcenter_host: given('vCenter of the VM', 'vcenter-01.example.com', 191),
    datacenter: given('datacenter of the VM', 'DC1', 191),
    ossea_config_id: ConfigId.nullish().meta({
      description: 'configuration of the target cloud; absent, 0 or 1: the active one',
      example: 1,
    }),
    replication_type: z.enum(['initial', 'incremental']).nullish().meta({
      description: 'initial copies every disk in full again; else it is decided per disk',
      example: 'incremental',
    }),
    verify: z.enum(['off', 'sample', 'full']).nullish().meta({
      description: 'how much of each disk is read again and compared after the copy; absent: as the workers are set',
      example: 'full',
    }),
    target_network: given('network of the target cloud that the VM is meant for', 'production', 191),
    bandwidth_limit_bytes_per_s: BytesPerS.nullish().meta({
      description:
        'most that it may read, bytes per second, at least 65536; 0: no limit of its own; absent: the one of all jobs',
      example: 52_428_800,
    }),
    start_replication: z
      .boolean()
      .nullish()
      .meta({ description: 'false only adds the VM; default true', example: true }),
  })
  .superRefine((body, context) => {
    const named = [body.context_id, body.vm_name, body.source_vm].filter(isGiven).length;
    if (named === 1) return;
    const message = 'exactly one of context_id, vm_name and source_vm is needed';
    for (const path of ['context_id', 'vm_name', 'source_vm'])
      context.addIssue({ code: 'custom', path: [path], message });
  })
  .meta({
    id: 'StartReplication',
    description: 'Which VM to replicate: exactly one of context_id, vm_name and source_vm.',
    example: { vm_name: 'web01' },
  });
/** Clients leave out what they do not say, or send null. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
export type StartReplication = z.output<typeof StartReplication>;

const VmId = text('BIOS uuid of the VM', '420570c7-f61f-a930-77c5-1e876786cb3c');
const VmName = text('name of the VM', 'web01');
const VcenterHost = text('vCenter of the VM; "folder" for a VM that is a folder of images', 'vcenter-01.example.com');
const ConfigIdOrNull = ConfigId.nullable().meta({ description: 'configuration of the target cloud', example: 1 });
const TargetNetwork = text('network of the target cloud', 'production').nullable();
const DiskId = text('disk-{device key of the hypervisor}', 'disk-2000');
const ChangeId = text('names a state of the disk', '52 3c 9f 1e 7d 44 1b 02-0e 5f 9a 77 3b 10 c2 64/42');

const ReplicatedVm = z
  .object({ id: VmId, name: VmName, path: text('inventory path of the VM', '/DC1/vm/web01') })
  .meta({ id: 'ReplicatedVm', description: 'the VM as its source knows it' });

const CreatedVolume = z.object({
  volume_id: text('uuid of the volume', '5f2a8c1e-0d5b-4f5e-9a39-0a9be5a4b7b1'),
  volume_name: text('name of the volume', 'migration-web01-web01-disk-0'),
  size_gb: count('size, GiB', 102),
  status: text('how it stands', 'creating'),
});

const MountPoint = text('where it is mounted', '/mnt/web01');
const DevicePath = text('its device on the appliance', '/dev/vdb');

export const ReplicationStarted = z
  .object({
    job_id: jobId('id of the replication and of its job'),
    context_id: contextId('the VM'),
    queue: z.enum(['replicate', 'sync-cbt']).meta({
      description: 'replicate: no disk was ever committed; sync-cbt: only what changed, where that is possible',
      example: 'replicate',
    }),
    status: z.literal('pending').meta({ description: 'it waits for a worker', example: 'pending' }),
    progress_percent: percent('done'),
    source_vm: ReplicatedVm,
    created_volumes: z.array(CreatedVolume).meta({ description: 'empty: volumes are made by the job' }),
    mounted_volumes: z
      .array(z.object({ device_path: DevicePath, mount_point: MountPoint, status: text('how it stands', 'attached') }))
      .meta({ description: 'empty: volumes are attached by the job' }),
    started_at: time('when the request was accepted'),
    message: text('the same for people', 'replication of web01 accepted'),
  })
  .meta({ id: 'ReplicationStarted', description: 'a replication that was accepted' });

export const ContextAdded = z
  .object({
    context_id: contextId('the VM'),
    vm_name: VmName,
    vmware_vm_id: VmId,
    vcenter_host: VcenterHost,
    current_status: z.literal('discovered').meta({ description: 'known, never replicated', example: 'discovered' }),
    message: text('the same for people', 'web01 added'),
    created_at: time('when it was added'),
  })
  .meta({ id: 'ContextAdded', description: 'a VM that was added and not replicated' });

const BandwidthLimit = BytesPerS.nullable().meta({
  description: 'most that it may read, bytes per second; 0: no limit of its own; null: the one of all jobs',
  example: 52_428_800,
});
const SyncType = text('initial, incremental or full', 'incremental');

/** Columns of replication_jobs that every view of a job shows. */
export const ReplicationSummary = z
  .object({
    job_id: jobId('id of the replication and of its job'),
    id: jobId('the same'),
    vm_context_id: contextId('the VM').nullable(),
    source_vm_id: VmId,
    source_vm_name: VmName,
    source_vm_path: text('inventory path of the VM', '/DC1/vm/web01'),
    vcenter_host: VcenterHost,
    datacenter: text('datacenter of the VM', 'DC1'),
    replication_type: text('initial when any disk was copied in full, else incremental', 'incremental'),
    target_network: TargetNetwork,
    ossea_config_id: ConfigIdOrNull,
    status: JobStatus,
    progress_percent: percent('bytes that are done'),
    setup_progress_percent: percent('preparation that is done'),
    current_operation: text('what is done now', 'Transferring Data').nullable(),
    bytes_transferred: bytes('moved so far', 19_058_917_376),
    total_bytes: bytes('to be moved: what is allocated or changed, not the size of the disks'),
    transfer_speed_bps: rate('rate now'),
    bandwidth_limit_bytes_per_s: BandwidthLimit,
    bandwidth_in_force_bytes_per_s: BytesPerS.nullable().meta({
      description: "the smaller one of its limit and its worker's, at the last report, bytes per second; null: none",
      example: 52_428_800,
    }),
    vma_sync_type: SyncType.nullable(),
    vma_current_phase: text('what is done now, as a word', 'transferring').nullable(),
    vma_throughput_mbps: z.number().min(0).meta({ description: 'rate now, MiB per second', example: 11.46 }),
    vma_eta_seconds: seconds('time that is left', 1631),
    vma_last_poll_at: time('when its worker last reported').nullable(),
    vma_error_classification: text('kind of the error', 'network').nullable(),
    vma_error_details: text('more about the error', 'ECONNRESET').nullable(),
    error_message: text('what went wrong', 'the VMA does not answer').nullable(),
    error_code: ErrorCode.nullable(),
    error_hint: Hint.nullable(),
    created_at: time('when it was accepted'),
    updated_at: time('when its row changed last'),
    started_at: time('when its first attempt began').nullable(),
    completed_at: time('when it ended').nullable(),
  })
  .meta({ id: 'ReplicationSummary', description: 'one replication of one VM' });

export const ReplicationList = z
  .object({
    count: Total,
    replications: z.array(ReplicationSummary).meta({ description: 'newest first' }),
    next_cursor: NextCursor,
  })
  .meta({ id: 'ReplicationList', description: 'a page of replications' });

export const ReplicationFilter = Page.extend({
  status: JobStatus.optional(),
  context_id: contextId('replications of this VM').min(1).max(64).optional(),
});

export const ReplicatedDisk = z
  .object({
    id: z.int().meta({ description: 'number of its row', example: 17 }),
    disk_id: DiskId,
    vmdk_path: text('its file at the source', '[datastore1] web01/web01.vmdk'),
    size_gb: count('size, GiB, rounded up', 102),
    capacity_bytes: bytes('size', 109_521_666_048).nullable(),
    datastore: text('where the source keeps it', 'datastore1').nullable(),
    label: text('its name in the VM', 'Hard disk 1').nullable(),
    unit_number: z.int().nullable().meta({ description: 'its place at the controller', example: 0 }),
    provisioning_type: text('thin, thick, ...', 'thin').nullable(),
    ossea_volume_id: z.int().nullable().meta({ description: 'row of its volume in the target cloud', example: 9 }),
    disk_change_id: ChangeId.nullable().meta({ description: 'changeId of the last committed cycle' }),
    sync_status: text('pending, syncing, completed or failed', 'completed'),
    sync_progress_percent: percent('done by its newest job'),
    bytes_synced: bytes('moved by its newest job', 19_058_917_376),
    last_full_reason: text('why it was last copied in full, or must be next', 'no-change-id').nullable(),
    verify_reason: text(
      'why its next cycle compares all of it with the source; null: nothing is doubted',
      'snapshots of others were removed since the last commit',
    ).nullable(),
    verified_at: time('when all of it was last copied or compared').nullable(),
    cpu_count: z.int().nullable().meta({ description: 'virtual processors of the VM', example: 2 }),
    memory_mb: z.int().nullable().meta({ description: 'memory of the VM, MiB', example: 8192 }),
    os_type: text('windows, linux, macos, other or unknown', 'windows').nullable(),
    network_config: text('networks of the VM, as JSON text', '[{"network_name":"VM Network"}]').nullable(),
  })
  .meta({ id: 'ReplicatedDisk', description: 'a disk of a VM' });

export const CbtCycle = z
  .object({
    id: z.int().meta({ description: 'number of its row', example: 42 }),
    job_id: jobId('the replication'),
    disk_id: DiskId,
    change_id: ChangeId.nullable().meta({ description: 'state of the disk that the cycle brought over' }),
    previous_change_id: ChangeId.nullable().meta({ description: 'state of the disk that it started from' }),
    sync_type: SyncType,
    sync_success: flag('whether it was committed'),
    blocks_changed: count('areas that were moved', 1200),
    bytes_transferred: bytes('moved', 78_643_200),
    sync_duration_seconds: seconds('how long it took', 12),
    reason: text(
      'why not only its changes were copied, or what is doubted of them',
      'the changeId went back since the last commit: the VM was reverted or restored (cbt.sequence-back)',
    ).nullable(),
    landed_in: z
      .enum(['volume', 'overlay'])
      .nullable()
      .meta({ description: 'overlay: the last committed point stayed whole until this one was', example: 'overlay' }),
    in_place_reason: text(
      'why it was written to the volume itself',
      'the file system of the overlays has 1048576 bytes left, 78643200 are needed',
    ).nullable(),
    created_at: time('when it ended, or was begun while it has not ended well'),
  })
  .meta({ id: 'CbtCycle', description: 'what one job did to one disk' });

const Verification = z
  .object({
    disk_id: DiskId,
    mode: z.enum(['sample', 'full']).meta({
      description: 'how much was read again; a sample in which something differs becomes full',
      example: 'full',
    }),
    bytes_verified: bytes('read from the target and found equal', 19_058_917_376),
    mismatches: count('chunks that differed, and were copied again', 0),
    repaired_bytes: bytes('copied again', 0),
    seconds: z.number().min(0).meta({ description: 'how long it took', example: 12.5 }),
  })
  .meta({ id: 'Verification', description: 'what reading a copied disk again has shown' });

const Mount = z.object({
  volume_id: text('uuid of the volume', '5f2a8c1e-0d5b-4f5e-9a39-0a9be5a4b7b1'),
  device_path: DevicePath,
  mount_point: MountPoint.nullable(),
  status: text('how the cloud sees it', 'attached'),
});

export const Replication = ReplicationSummary.extend({
  source_vm: ReplicatedVm,
  configuration: z
    .object({
      replication_type: text('initial or incremental', 'incremental'),
      target_network: TargetNetwork,
      ossea_config_id: ConfigIdOrNull,
      bandwidth_limit_bytes_per_s: BandwidthLimit,
    })
    .meta({ description: 'what was asked for' }),
  disks: z.array(ReplicatedDisk).meta({ description: 'disks whose newest job this is' }),
  mounts: z.array(Mount).meta({ description: 'target volumes that are attached to the appliance now' }),
  verification: z.array(Verification).meta({
    description: 'of each disk that was verified, when the replication has completed',
  }),
  cbt_history: z.array(CbtCycle).meta({ description: 'what it did to each disk, newest first, at most 100' }),
}).meta({ id: 'Replication', description: 'a replication with its disks' });

export const CancelAccepted = z
  .object({
    job_id: jobId('the job'),
    status: JobStatus,
    message: text('the same for people', 'the job is told to stop'),
  })
  .meta({ id: 'CancelAccepted', description: 'a job that was told to stop' });

const VmaView = z
  .object({
    sync_type: SyncType.nullable(),
    current_phase: text('what is done now, as a word', 'transferring').nullable(),
    throughput_mbps: z.number().min(0).meta({ description: 'rate now, MiB per second', example: 11.46 }),
    eta_seconds: seconds('time that is left', 1631),
    eta_formatted: text('the same for people', '27 min 11 s'),
    last_polled: time('when its worker last reported').nullable(),
    error_classification: text('kind of the error', 'network').nullable(),
    error_details: text('more about the error', 'ECONNRESET').nullable(),
    is_live: flag('reported within the last 30 s'),
  })
  .meta({ description: 'what its worker last reported' });

export const ReplicationProgress = z
  .object({
    job_id: jobId('the replication'),
    status: JobStatus,
    progress_percent: percent('bytes that are done'),
    setup_progress_percent: percent('preparation that is done'),
    current_operation: text('what is done now', 'Transferring Data').nullable(),
    bytes_transferred: bytes('moved so far', 19_058_917_376),
    total_bytes: bytes('to be moved'),
    transfer_speed_bps: rate('rate now'),
    ...Pace,
    vma_progress: VmaView,
    updated_at: time('when its row changed last'),
  })
  .meta({ id: 'ReplicationProgress', description: 'how far a replication is' });
