import { z } from 'zod';
import { ContextStatus, Count, NextCursor, Page, Time } from './fields.ts';
import { CbtCycle, ReplicatedDisk, ReplicationSummary } from './replications.ts';

export const VmContext = z
  .object({
    context_id: z.string(),
    vm_name: z.string(),
    vmware_vm_id: z.string(),
    vm_path: z.string(),
    vcenter_host: z.string(),
    datacenter: z.string(),
    current_status: ContextStatus,
    current_job_id: z.string().nullable(),
    total_jobs_run: Count,
    successful_jobs: Count,
    failed_jobs: Count,
    last_successful_job_id: z.string().nullable(),
    cpu_count: z.int().nullable(),
    memory_mb: z.int().nullable(),
    os_type: z.string().nullable(),
    power_state: z.string().nullable(),
    vm_tools_version: z.string().nullable(),
    ossea_config_id: z.int().nullable(),
    last_operation: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'what the last job did: operation_type, status, error_message, timestamp, ...' }),
    created_at: Time,
    updated_at: Time,
    first_job_at: Time.nullable(),
    last_job_at: Time.nullable(),
    last_status_change: Time.nullable(),
  })
  .meta({ id: 'VmContext' });

export const VmContextList = z
  .object({
    count: Count.meta({ description: 'all that match, not only this page' }),
    vm_contexts: z.array(VmContext),
    next_cursor: NextCursor,
  })
  .meta({ id: 'VmContextList' });

export const VmContextFilter = Page.extend({
  status: ContextStatus.optional(),
  vcenter_host: z.string().min(1).max(255).optional(),
});

export const VmContextDetail = z
  .object({
    context: VmContext,
    current_job: ReplicationSummary.nullable().meta({ description: 'the replication that runs now' }),
    job_history: z.array(ReplicationSummary).max(10),
    disks: z.array(
      ReplicatedDisk.extend({
        cpu_count: z.int().nullable(),
        memory_mb: z.int().nullable(),
        os_type: z.string().nullable(),
        network_config: z.string().nullable().meta({ description: 'networks of the VM, as JSON text' }),
      }).meta({ id: 'VmContextDisk' }),
    ),
    cbt_history: z.array(CbtCycle).max(20),
  })
  .meta({ id: 'VmContextDetail' });

export const ContextIdParam = z.object({ context_id: z.string().min(1).max(64) });
export const VmNameParam = z.object({ vm_name: z.string().min(1).max(255) });
export const VmNameQuery = z.strictObject({
  vcenter_host: z.string().min(1).max(255).optional().meta({ description: 'needed where two vCenters have the name' }),
});
