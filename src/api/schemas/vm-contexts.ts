import { z } from 'zod';
import {
  bytes,
  contextId,
  ContextStatus,
  count,
  flag,
  jobId,
  NextCursor,
  orNull,
  Page,
  percent,
  seconds,
  text,
  time,
  Total,
} from './fields.ts';
import { CbtCycle, ReplicatedDisk, ReplicationSummary } from './replications.ts';

const VcenterHost = text('vCenter of the VM; "folder" for a VM that is a folder of images', 'vcenter-01.example.com');

const VmContextGroup = z
  .object({
    group_id: text('id of the group', '7a1c2f0e-6d0f-4b0e-9a39-0a9be5a4b7b1'),
    group_name: text('name of the group', 'web shop'),
    priority: z.int().meta({ description: 'place of the VM in the group; a lower number comes earlier', example: 10 }),
    enabled: flag('whether the schedule of the group takes this VM'),
  })
  .meta({ id: 'VmContextGroup', description: 'a machine group that a VM is in' });

/** Seed names of job_tracking and its kin that a VM remembers of its last job; more may come. */
const LastOperation = z
  .record(z.string(), z.unknown())
  .nullable()
  .meta({
    description: 'what the last job did: job_id, operation_type, status, progress, error_message, timestamp, ...',
    example: { job_id: 'job-20260114-093000.123-a1b2c3', operation_type: 'replication', status: 'completed' },
  });

export const VmContext = z
  .object({
    context_id: contextId('id of the context'),
    vm_name: text('name of the VM', 'web01'),
    vmware_vm_id: text('BIOS uuid of the VM', '420570c7-f61f-a930-77c5-1e876786cb3c'),
    instance_uuid: text(
      'instance uuid of the VM: unique in its vCenter; null until discovery or a request told it',
      '50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a',
    ).nullable(),
    vcenter_instance_uuid: text(
      'uuid of its vCenter, whatever that is called; null until discovery told it',
      '6d1f7c2a-5b0e-4c1f-9d3a-2b4c6d8e0f1a',
    ).nullable(),
    vm_path: text('inventory path of the VM', '/DC1/vm/web01'),
    vcenter_host: VcenterHost,
    datacenter: text('datacenter of the VM', 'DC1'),
    current_status: ContextStatus,
    current_job_id: jobId('the replication that runs now').nullable(),
    total_jobs_run: count('replications that were started', 2),
    successful_jobs: count('replications that completed', 1),
    failed_jobs: count('replications that failed', 0),
    last_successful_job_id: jobId('the newest replication that completed').nullable(),
    last_sync_at: time('when that replication began: what the target holds is not older').nullable(),
    disk_count: count('disks that jobs know; 0 before the first job', 2),
    capacity_bytes: bytes('capacity of these disks; null before the first job').nullable(),
    unreplicated_disks: z.array(text('id of a disk', 'disk-2002')).meta({
      description:
        'disks that the VM had at its last snapshot and that are not replicated: after a failover they are missing',
    }),
    cpu_count: z.int().nullable().meta({ description: 'virtual processors', example: 2 }),
    memory_mb: z.int().nullable().meta({ description: 'memory, MiB', example: 8192 }),
    os_type: text('windows, linux, macos, other or unknown', 'windows').nullable(),
    power_state: text('whether it ran when it was last looked at', 'poweredOn').nullable(),
    vm_tools_version: text('version of VMware Tools', '12352').nullable(),
    auto_added: flag('added by discovery or by a request, not by hand'),
    scheduler_enabled: flag('whether schedules take this VM'),
    last_scheduled_job_id: jobId('the newest replication that a schedule started').nullable(),
    next_scheduled_at: time('when a schedule takes it next').nullable(),
    credential_id: z.int().nullable().meta({ description: 'credentials for its vCenter', example: 1 }),
    ossea_config_id: z.int().nullable().meta({ description: 'configuration of its target cloud', example: 1 }),
    groups: z.array(VmContextGroup).meta({ description: 'machine groups that the VM is in, by priority' }),
    group_count: count('number of these groups', 1),
    last_operation: LastOperation,
    created_at: time('when it became known'),
    updated_at: time('when its row changed last'),
    first_job_at: time('when it was first replicated').nullable(),
    last_job_at: time('when it was last replicated').nullable(),
    last_status_change: time('since when it has its status').nullable(),
  })
  .meta({ id: 'VmContext', description: 'one protected VM' });

export const VmContextList = z
  .object({
    count: Total,
    vm_contexts: z.array(VmContext).meta({ description: 'by name' }),
    next_cursor: NextCursor,
  })
  .meta({ id: 'VmContextList', description: 'a page of VMs' });

export const VmContextFilter = Page.extend({
  status: ContextStatus.optional(),
  vcenter_host: VcenterHost.min(1).max(255).optional(),
  q: text('part of the name, anywhere in it, whatever its case', 'web').min(1).max(255).optional(),
  vm_name: text('begin of the name, case counts', 'web').min(1).max(255).optional(),
  group: text('id or name of a machine group that the VM is in', 'web shop').min(1).max(255).optional(),
  ungrouped: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ description: 'true: VMs in no machine group; false: VMs in at least one', example: 'true' }),
});

export const UngroupedFilter = VmContextFilter.pick({ limit: true, cursor: true });

const VmContextDisk = ReplicatedDisk.extend({
  id: z.int().nullable().meta({ description: 'number of its row; null before the first job of the VM', example: 17 }),
}).meta({ id: 'VmContextDisk', description: 'a disk of a VM; before its first job, as its source described it' });

export const VmContextDetail = z
  .object({
    context: VmContext,
    current_job: orNull(ReplicationSummary, 'the replication that runs now'),
    job_history: z.array(ReplicationSummary).max(10).meta({ description: 'its newest replications, newest first' }),
    disks: z.array(VmContextDisk).meta({ description: 'its disks' }),
    cbt_history: z.array(CbtCycle).max(20).meta({ description: 'what happened to its disks, newest first' }),
  })
  .meta({ id: 'VmContextDetail', description: 'one protected VM with its disks and history' });

export const VmContextDisks = z
  .object({
    context_id: contextId('the VM'),
    count: count('number of its disks', 1),
    disks: z.array(VmContextDisk).meta({ description: 'its disks' }),
  })
  .meta({ id: 'VmContextDisks', description: 'the disks of a VM' });

const RecentJob = z
  .object({
    job_id: jobId('id of the job'),
    external_job_id: text('its id in another system', 'unified-test-failover-web01-1768383000').nullable(),
    job_type: z
      .enum(['replication', 'test_failover', 'live_failover', 'rollback', 'deletion'])
      .meta({ description: 'what it did; deletion: a replication was deleted', example: 'replication' }),
    status: text('how it stands: pending, running, completed, failed or cancelled', 'running'),
    progress: percent('done'),
    created_at: time('when it was accepted'),
    started_at: time('when its first attempt began').nullable(),
    completed_at: time('when it ended').nullable(),
    display_name: text('the job for people', 'Incremental replication'),
    current_step: text('the step that it is in, or was in when it ended', 'copy-disks').nullable(),
    error_message: text('what went wrong', 'the VMA does not answer').nullable(),
    error_category: text('first part of the code of the error', 'vma').nullable(),
    actionable_steps: z
      .array(text('a step', 'check that the VMA runs'))
      .meta({ description: 'what a person does next; empty when there is nothing to do' }),
    data_source: z
      .enum(['replication_jobs', 'job_tracking'])
      .meta({ description: 'table that it was read from', example: 'replication_jobs' }),
    duration_seconds: seconds('from its start to its end, or to now', 1800),
  })
  .meta({ id: 'RecentJob', description: 'one of the newest jobs of a VM' });
export type RecentJob = z.output<typeof RecentJob>;

export const RecentJobs = z
  .object({
    context_id: contextId('the VM'),
    count: count('number of these jobs, at most 20', 1),
    jobs: z.array(RecentJob).max(20).meta({ description: 'newest first' }),
  })
  .meta({ id: 'RecentJobs', description: 'the newest jobs of a VM, of every kind' });

export const ContextIdParam = z.object({ context_id: contextId('id of a VM context').min(1).max(64) });
export const VmNameParam = z.object({ vm_name: text('name of a VM', 'web01').min(1).max(255) });
export const VmNameQuery = z.strictObject({
  vcenter_host: text('vCenter of the VM; needed where two vCenters have the name', 'vcenter-01.example.com')
    .min(1)
    .max(255)
    .optional(),
});

export const AssignCredential = z
  .strictObject({
    credential_id: z.int().positive().nullable().meta({ description: 'the account; null: none', example: 1 }),
  })
  .meta({ id: 'AssignCredential', description: 'With which account a VM is read.', example: { credential_id: 1 } });

export const CredentialAssigned = z
  .object({
    context_id: contextId('the VM'),
    credential_id: z.int().nullable().meta({ description: 'the account that it is read with now', example: 1 }),
    message: text('the same for people', 'web01 is read with the credential Production vCenter now'),
  })
  .meta({ id: 'CredentialAssigned', description: 'With which account a VM is read now.' });

export const ContextDeletionAccepted = z
  .object({
    message: text('the same for people', 'deletion of web01 and 2 volumes accepted'),
    context_id: contextId('the VM that goes'),
    deletion_tracking_id: jobId('the job that deletes'),
    volumes: z
      .array(text('uuid of a volume', '5f2a8c1e-0d5b-4f5e-9a39-0a9be5a4b7b1'))
      .meta({ description: 'target volumes that are deleted with it' }),
  })
  .meta({ id: 'ContextDeletionAccepted', description: 'A VM whose deletion was accepted.' });
