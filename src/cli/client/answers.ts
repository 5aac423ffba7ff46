import { z } from 'zod';

/**
 * What the commands read of the API's answers. Fields that they do not read pass through to `--json` as they came, and
 * words that a newer API may add (a status, a queue) are not refused.
 */

const time = z.string().nullable();

export const Job = z.looseObject({
  job_id: z.string(),
  parent_job_id: z.string().nullable(),
  operation: z.string(),
  queue: z.string().nullable(),
  context_id: z.string().nullable(),
  status: z.string(),
  dispatch_state: z.string().nullable(),
  percent_complete: z.number().nullable(),
  attempt: z.number(),
  max_attempts: z.number(),
  not_before: time,
  cancel_requested_at: time,
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  error_hint: z.string().nullable(),
  created_at: z.string(),
  started_at: time,
  completed_at: time,
});
export type Job = z.output<typeof Job>;

export const JobPage = z.looseObject({ count: z.number(), jobs: z.array(Job), next_cursor: z.string().nullable() });

export const JobProgress = z.looseObject({
  job_id: z.string(),
  status: z.string(),
  percent: z.number(),
  current_operation: z.string().nullable(),
  bytes_transferred: z.number(),
  total_bytes: z.number(),
  current_bps: z.number(),
  average_bps: z.number(),
  eta_seconds: z.number().nullable(),
  disks: z.array(
    z.looseObject({
      disk_id: z.string(),
      label: z.string().nullable(),
      percent: z.number(),
      bytes_transferred: z.number(),
      total_bytes: z.number(),
      status: z.string(),
    }),
  ),
});
export type JobProgress = z.output<typeof JobProgress>;

export const JobDetail = Job.extend({
  progress: JobProgress.nullable(),
  steps: z.array(
    z.looseObject({
      name: z.string(),
      status: z.string(),
      runs: z.number(),
      started_at: z.string(),
      completed_at: time,
      undone_at: time,
      error_message: z.string().nullable(),
    }),
  ),
  children: z.array(z.looseObject({ job_id: z.string(), operation: z.string(), status: z.string() })),
});
export type JobDetail = z.output<typeof JobDetail>;

export const VmContext = z.looseObject({
  context_id: z.string(),
  vm_name: z.string(),
  vm_path: z.string(),
  vmware_vm_id: z.string(),
  vcenter_host: z.string(),
  unreplicated_disks: z.array(z.string()).default([]),
  datacenter: z.string(),
  current_status: z.string(),
  current_job_id: z.string().nullable(),
  total_jobs_run: z.number(),
  successful_jobs: z.number(),
  failed_jobs: z.number(),
  cpu_count: z.number().nullable(),
  memory_mb: z.number().nullable(),
  os_type: z.string().nullable(),
  power_state: z.string().nullable(),
  last_operation: z.record(z.string(), z.unknown()).nullable(),
  last_successful_job_id: z.string().nullable(),
  last_job_at: time,
  last_sync_at: time,
  disk_count: z.number(),
  capacity_bytes: z.number().nullable(),
});
export type VmContext = z.output<typeof VmContext>;

export const VmPage = z.looseObject({
  count: z.number(),
  vm_contexts: z.array(VmContext),
  next_cursor: z.string().nullable(),
});

export const VmDetail = z.looseObject({
  context: VmContext,
  job_history: z.array(
    z.looseObject({
      job_id: z.string(),
      replication_type: z.string(),
      status: z.string(),
      progress_percent: z.number(),
      bytes_transferred: z.number(),
      error_message: z.string().nullable(),
      created_at: z.string(),
      started_at: time,
      completed_at: time,
    }),
  ),
  disks: z.array(
    z.looseObject({
      disk_id: z.string(),
      label: z.string().nullable(),
      size_gb: z.number(),
      capacity_bytes: z.number().nullable(),
      disk_change_id: z.string().nullable(),
      sync_status: z.string(),
    }),
  ),
  cbt_history: z.array(
    z.looseObject({
      disk_id: z.string(),
      sync_type: z.string(),
      sync_success: z.boolean(),
      bytes_transferred: z.number(),
      created_at: z.string(),
    }),
  ),
});
export type VmDetail = z.output<typeof VmDetail>;

export const Started = z.looseObject({ job_id: z.string(), context_id: z.string(), queue: z.string() });
export const VmAdded = z.looseObject({ context_id: z.string(), vm_name: z.string(), vcenter_host: z.string() });
export const CancelAccepted = z.looseObject({ job_id: z.string(), status: z.string() });
export const LoggedIn = z.looseObject({ session_token: z.string(), expires_at: z.string() });

/** Of `GET /jobs/{id}/logs`, and the `log` events of a stream. */
export const LogEvent = z.looseObject({
  id: z.number(),
  job_id: z.string().nullable(),
  level: z.string(),
  message: z.string(),
  attrs: z.unknown(),
  ts: z.string(),
});
export type LogEvent = z.output<typeof LogEvent>;

export const LogPage = z.looseObject({ events: z.array(LogEvent), next_after: z.number().nullable() });

export const Credential = z.looseObject({
  id: z.number(),
  credential_name: z.string(),
  vcenter_host: z.string(),
  username: z.string(),
  datacenter: z.string(),
  is_active: z.boolean(),
  is_default: z.boolean(),
  context_count: z.number(),
  last_used: time,
});
export type Credential = z.output<typeof Credential>;

export const CredentialPage = z.looseObject({
  count: z.number(),
  credentials: z.array(Credential),
  next_cursor: z.string().nullable(),
});

export const CredentialTested = z.looseObject({
  success: z.boolean(),
  message: z.string(),
  vcenter: z.string().nullable(),
  error_code: z.string().nullable(),
  hint: z.string().nullable(),
});

export const FoundVm = z.looseObject({
  name: z.string(),
  path: z.string(),
  state: z.string(),
  power_state: z.string().nullable(),
  context_id: z.string().nullable(),
  disks: z.array(z.looseObject({ capacity_bytes: z.number() })),
  networks: z.array(z.looseObject({ network_name: z.string().nullable() })),
  findings: z.array(z.looseObject({ code: z.string(), message: z.string() })),
});
export type FoundVm = z.output<typeof FoundVm>;

export const DiscoveryPreview = z.looseObject({
  vms: z.array(FoundVm),
  total_discovered: z.number(),
  new_vms: z.number(),
  existing_vms: z.number(),
  problem_vms: z.number(),
  vcenter: z.string(),
  datacenter: z.string(),
});

const credentialOfAddition = z.looseObject({ id: z.number(), name: z.string() }).nullable();

export const VmsAdded = z.looseObject({
  success: z.boolean(),
  message: z.string(),
  vms_added: z.number(),
  vms_existing: z.number(),
  vms_failed: z.number(),
  processed_vms: z.array(
    z.looseObject({
      vm_name: z.string(),
      success: z.boolean(),
      existing: z.boolean(),
      context_id: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
  credential: credentialOfAddition,
});

export const Discovered = z.looseObject({
  discovery_count: z.number(),
  message: z.string(),
  addition_result: z
    .looseObject({
      added_vms: z.array(z.looseObject({ vm_name: z.string(), context_id: z.string() })),
      skipped_vms: z.array(z.looseObject({ vm_name: z.string(), context_id: z.string() })),
      failed_vms: z.array(z.looseObject({ vm_name: z.string(), vm_path: z.string(), error: z.string() })),
      credential: credentialOfAddition,
    })
    .nullable(),
});
