import { z } from 'zod';
import { SourceVm } from '../../domain/source-vm.ts';
import { Bytes, Count, JobStatus, NextCursor, Page, Percent, Time } from './fields.ts';
import { Pace } from './job-progress.ts';

const text = (max: number): z.ZodOptional<z.ZodNullable<z.ZodString>> => z.string().min(1).max(max).nullish();

export const StartReplication = z
  .object({
    context_id: text(64).meta({ description: 'a VM that is already known' }),
    vm_name: text(191).meta({ description: 'the same by name; vcenter_host too where the name is ambiguous' }),
    source_vm: SourceVm.nullish().meta({ description: 'a VM with all that its source knows; new or known' }),
    vcenter_host: text(191),
    datacenter: text(191),
    ossea_config_id: z.int().min(0).nullish().meta({ description: 'absent, 0 or 1: the active configuration' }),
    replication_type: z
      .enum(['initial', 'incremental'])
      .nullish()
      .meta({ description: 'initial copies every disk in full again; else it is decided per disk' }),
    target_network: text(191),
    start_replication: z.boolean().nullish().meta({ description: 'false only adds the VM; default true' }),
  })
  .superRefine((body, context) => {
    const given = [body.context_id, body.vm_name, body.source_vm].filter(isGiven).length;
    if (given === 1) return;
    const message = 'exactly one of context_id, vm_name and source_vm is needed';
    for (const path of ['context_id', 'vm_name', 'source_vm'])
      context.addIssue({ code: 'custom', path: [path], message });
  })
  .meta({ id: 'StartReplication' });
/** Clients leave out what they do not say, or send null. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
export type StartReplication = z.output<typeof StartReplication>;

export const ReplicationStarted = z
  .object({
    job_id: z.string(),
    context_id: z.string(),
    queue: z.enum(['replicate', 'sync-cbt']),
    status: z.literal('pending'),
    progress_percent: Percent,
    source_vm: z.object({ id: z.string(), name: z.string(), path: z.string() }),
    created_volumes: z
      .array(z.object({ volume_id: z.string(), volume_name: z.string(), size_gb: z.int(), status: z.string() }))
      .meta({ description: 'empty: volumes are made by the job' }),
    mounted_volumes: z
      .array(z.object({ device_path: z.string(), mount_point: z.string(), status: z.string() }))
      .meta({ description: 'empty: volumes are attached by the job' }),
    started_at: Time.meta({ description: 'when the request was accepted, UTC' }),
    message: z.string(),
  })
  .meta({ id: 'ReplicationStarted' });

export const ContextAdded = z
  .object({
    context_id: z.string(),
    vm_name: z.string(),
    vmware_vm_id: z.string(),
    vcenter_host: z.string(),
    current_status: z.literal('discovered'),
    message: z.string(),
    created_at: Time,
  })
  .meta({ id: 'ContextAdded' });

/** Columns of replication_jobs that every view of a job shows. */
export const ReplicationSummary = z
  .object({
    job_id: z.string(),
    id: z.string(),
    vm_context_id: z.string().nullable(),
    source_vm_id: z.string(),
    source_vm_name: z.string(),
    vcenter_host: z.string(),
    datacenter: z.string(),
    replication_type: z.string(),
    status: JobStatus,
    progress_percent: Percent,
    setup_progress_percent: Percent,
    current_operation: z.string().nullable(),
    bytes_transferred: Bytes,
    total_bytes: Bytes,
    transfer_speed_bps: Bytes,
    vma_throughput_mbps: z.number().min(0).meta({ description: 'MiB per second' }),
    vma_eta_seconds: Count,
    error_message: z.string().nullable(),
    created_at: Time,
    updated_at: Time,
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
  })
  .meta({ id: 'ReplicationSummary' });

export const ReplicationList = z
  .object({
    count: Count.meta({ description: 'all that match, not only this page' }),
    replications: z.array(ReplicationSummary),
    next_cursor: NextCursor,
  })
  .meta({ id: 'ReplicationList' });

export const ReplicationFilter = Page.extend({
  status: JobStatus.optional(),
  context_id: z.string().min(1).max(64).optional(),
});

export const ReplicatedDisk = z
  .object({
    id: z.int(),
    disk_id: z.string(),
    vmdk_path: z.string(),
    size_gb: z.int(),
    capacity_bytes: Bytes.nullable(),
    datastore: z.string().nullable(),
    label: z.string().nullable(),
    unit_number: z.int().nullable(),
    provisioning_type: z.string().nullable(),
    ossea_volume_id: z.int().nullable(),
    disk_change_id: z.string().nullable().meta({ description: 'changeId of the last committed cycle' }),
    sync_status: z.string(),
    sync_progress_percent: Percent,
    bytes_synced: Bytes,
  })
  .meta({ id: 'ReplicatedDisk' });

export const CbtCycle = z
  .object({
    id: z.int(),
    job_id: z.string(),
    disk_id: z.string(),
    change_id: z.string().nullable(),
    previous_change_id: z.string().nullable(),
    sync_type: z.string(),
    sync_success: z.boolean(),
    blocks_changed: Count,
    bytes_transferred: Bytes,
    sync_duration_seconds: Count,
    created_at: Time,
  })
  .meta({ id: 'CbtCycle' });

export const Replication = ReplicationSummary.extend({
  source_vm: z.object({ id: z.string(), name: z.string(), path: z.string() }),
  configuration: z.object({
    replication_type: z.string(),
    target_network: z.string().nullable(),
    ossea_config_id: z.int().nullable(),
  }),
  error_code: z.string().nullable(),
  error_hint: z.string().nullable().meta({ description: 'what a person does next' }),
  disks: z.array(ReplicatedDisk),
  mounts: z
    .array(
      z.object({
        volume_id: z.string(),
        device_path: z.string(),
        mount_point: z.string().nullable(),
        status: z.string(),
      }),
    )
    .meta({ description: 'target volumes that are attached to the appliance now' }),
  cbt_history: z.array(CbtCycle),
}).meta({ id: 'Replication' });

export const CancelAccepted = z
  .object({ job_id: z.string(), status: JobStatus, message: z.string() })
  .meta({ id: 'CancelAccepted' });

export const ReplicationProgress = z
  .object({
    job_id: z.string(),
    status: JobStatus,
    progress_percent: Percent,
    setup_progress_percent: Percent,
    current_operation: z.string().nullable(),
    bytes_transferred: Bytes,
    total_bytes: Bytes,
    transfer_speed_bps: Bytes,
    ...Pace,
    vma_progress: z.object({
      sync_type: z.string().nullable(),
      current_phase: z.string().nullable(),
      throughput_mbps: z.number().min(0),
      eta_seconds: Count,
      eta_formatted: z.string(),
      last_polled: Time.nullable(),
      error_classification: z.string().nullable(),
      error_details: z.string().nullable(),
      is_live: z.boolean().meta({ description: 'reported within the last 30 s' }),
    }),
    updated_at: Time,
  })
  .meta({ id: 'ReplicationProgress' });
