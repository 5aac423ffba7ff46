import { z } from 'zod';
import { SourceVm } from '../domain/source-vm.ts';
import { VcenterAccess } from './contract.ts';

/**
 * The wire of what the VMA does at a vCenter besides source sessions. Every request carries the vCenter and the account
 * in its body. What vCenter does not tell is null. Sizes are bytes unless the name says otherwise.
 */

const name = z.string().nullable();
const number = z.number().nullable();

/** `code` to match on, `text` for a person. */
export const Remark = z.object({ code: z.string(), text: z.string() });
export type Remark = z.output<typeof Remark>;

/** POST /discover */
export const DiscoverRequest = VcenterAccess.extend({
  /** Name of the only datacenter to look at; without it all. */
  datacenter: z.string().max(255).nullish(),
  /** Part of the VM's name, in upper or lower case. */
  filter: z.string().max(255).nullish(),
});
export type DiscoverRequest = z.output<typeof DiscoverRequest>;

export const DiscoveredDisk = z.object({
  /** disk-{device key} */
  id: z.string(),
  key: z.int(),
  /** `[datastore] folder/name.vmdk`; both say the same. */
  path: name,
  vmdk_path: name,
  /** Rounded up. */
  size_gb: z.int(),
  capacity_bytes: z.int(),
  datastore: name,
  label: name,
  provisioning_type: z.enum(['thin', 'thick-lazy', 'thick-eager']).nullable(),
  unit_number: z.int().nullable(),
  /** e.g. scsi0:1 */
  address: name,
  disk_mode: name,
  backing_uuid: name,
});
export type DiscoveredDisk = z.output<typeof DiscoveredDisk>;

export const DiscoveredNetwork = z.object({
  /** Name of the network; null where it is gone or hidden. `network_name` says the same. */
  name,
  network_name: name,
  type: z.enum(['standard', 'distributed', 'opaque', 'unknown']),
  connected: z.boolean().nullable(),
  /** Lower case, with colons. */
  mac_address: name,
  /** vmxnet3, e1000e, ... */
  adapter_type: name,
  /** Name of the adapter in the VM. */
  label: name,
});
export type DiscoveredNetwork = z.output<typeof DiscoveredNetwork>;

/** A VM of the inventory, with all that a SourceVm has. */
export const DiscoveredVm = z.object({
  /** BIOS uuid, which clones may share; the reference where vCenter does not tell it. */
  id: z.string(),
  /** Unique within a vCenter. */
  instance_uuid: name,
  bios_uuid: name,
  /** Reference (moref), e.g. vm-42. */
  ref: z.string(),
  name: z.string(),
  display_name: z.string(),
  /** Inventory path; the reference in place of what this account may not see. */
  path: z.string(),
  folder_path: name,
  datacenter: name,
  /** poweredOn, poweredOff or suspended */
  power_state: name,
  /** connected, disconnected, orphaned, inaccessible or invalid */
  connection_state: name,
  /** false: vCenter cannot show its configuration now; that it lists no disks says nothing. */
  is_readable: z.boolean(),
  guest_os: name,
  os_type: name,
  guest_id: name,
  memory_mb: z.int().nullable(),
  num_cpu: z.int().nullable(),
  cpus: z.int().nullable(),
  vmx_version: name,
  firmware: name,
  /** Its UEFI starts only what is signed. */
  secure_boot: z.boolean().nullable(),
  annotation: name,
  /** guestToolsRunning, guestToolsNotRunning, guestToolsExecutingScripts */
  vmware_tools_status: name,
  vmware_tools_version: name,
  vmware_tools_version_status: name,
  cbt_enabled: z.boolean().nullable(),
  cbt_supported: z.boolean().nullable(),
  has_snapshots: z.boolean(),
  /** Properties that vCenter refused to show: what is null may be there. */
  unreadable: z.array(z.string()),
  disks: z.array(DiscoveredDisk),
  networks: z.array(DiscoveredNetwork),
});
export type DiscoveredVm = z.output<typeof DiscoveredVm>;

const Vcenter = z.object({
  host: z.string(),
  /** As asked for. */
  datacenter: name,
  instance_uuid: z.string(),
  version: z.string(),
  build: name,
  full_name: z.string(),
});

export const Discovery = z.object({
  vcenter: Vcenter,
  /** Templates are none of them. */
  vms: z.array(DiscoveredVm),
  count: z.int(),
  /** Templates that fit, and were left out: they do not run, so nothing of them changes. */
  templates_left_out: z.int(),
});
export type Discovery = z.output<typeof Discovery>;

/** Goes on beyond the request: sent with the same id, the request waits for the same operation, or gets its outcome. */
const operation = {
  operation_id: z.string().min(1).max(64).nullish(),
  /** Answer `power.in-progress` (503) after this many seconds; without it, when the operation has ended. */
  answer_within: z.number().min(0).max(3600).nullish(),
};

/** POST /vm/{id}/power-off; `timeout` in seconds. */
export const PowerOffRequest = VcenterAccess.extend({
  ...operation,
  /** Switch it off where the guest cannot be asked, or has not shut down within `timeout`; at once with `timeout` 0. */
  force: z.boolean().default(false),
  timeout: z.number().min(0).max(3600).default(300),
  /** false: answer as soon as the guest is asked to shut down; with `force`: switch it off at once. */
  wait_for_shutdown: z.boolean().default(true),
});
export type PowerOffRequest = z.input<typeof PowerOffRequest>;

/** POST /vm/{id}/power-on; `timeout` in seconds. */
export const PowerOnRequest = VcenterAccess.extend({
  ...operation,
  timeout: z.number().min(1).max(3600).default(600),
  wait_for_tools: z.boolean().default(false),
});
export type PowerOnRequest = z.input<typeof PowerOnRequest>;

export const PowerChange = z.object({
  success: z.boolean(),
  vm_id: z.string(),
  vm_name: z.string(),
  operation: z.enum(['power-off', 'power-on']),
  previous_state: name,
  new_state: name,
  /** Null where nothing had to be shut down. */
  shutdown_method: z.enum(['graceful', 'forced']).nullable(),
  tools_status: name,
  duration_seconds: z.number(),
  timestamp: z.string(),
  message: z.string(),
});
export type PowerChange = z.output<typeof PowerChange>;

/** POST /vm/{id}/power-state */
export const PowerState = z.object({
  vm_id: z.string(),
  vm_name: z.string(),
  power_state: name,
  tools_status: name,
  /** Since when it runs. */
  last_state_change: name,
  uptime_seconds: number,
  timestamp: z.string(),
  /** What this VMA does with its power right now. */
  operation: z.object({ operation: z.enum(['power-off', 'power-on']), started_at: z.string() }).nullable(),
});
export type PowerState = z.output<typeof PowerState>;

/** POST /vms/{path}/cbt-status */
export const CbtStatus = z.object({
  vm_name: z.string(),
  vm_path: z.string(),
  ref: z.string(),
  instance_uuid: name,
  enabled: z.boolean().nullable(),
  supported: z.boolean().nullable(),
  power_state: name,
  vmx_version: name,
  has_snapshots: z.boolean(),
  consolidation_needed: z.boolean().nullable(),
  /** What the next cycle does about tracking: keep it, enable it, or go without; and why. */
  next_cycle: z.object({ step: z.enum(['keep', 'enable', 'without']), reason: Remark.nullable() }),
  disks: z.array(
    z.object({
      disk_id: z.string(),
      label: name,
      capacity_bytes: z.int(),
      disk_mode: name,
      /** Why no snapshot can hold it; null when one can. */
      obstacle: Remark.nullable(),
    }),
  ),
  vcenter: Vcenter.pick({ instance_uuid: true, version: true, build: true }),
  /** Of the ESXi host that it is on. */
  host: z.object({ name, version: name, build: name }).nullable(),
  warnings: z.array(Remark),
});
export type CbtStatus = z.output<typeof CbtStatus>;

/** POST /vm-spec-changes */
export const VmSpecChangesRequest = VcenterAccess.extend({
  datacenter: z.string().max(255).nullish(),
  /** Inventory path. */
  vm_path: z.string().min(1).max(500),
  /** Finds the VM where it is given, wherever it was moved to. */
  instance_uuid: z.string().max(64).nullish(),
  stored_vm_info: SourceVm.extend({ firmware: z.string().max(50).nullish(), secure_boot: z.boolean().nullish() }),
});
export type VmSpecChangesRequest = z.input<typeof VmSpecChangesRequest>;

export const SpecChange = z.object({
  field: z.string(),
  kind: z.enum(['changed', 'added', 'removed']),
  stored: z.union([z.string(), z.number(), z.boolean()]).nullable(),
  current: z.union([z.string(), z.number(), z.boolean()]).nullable(),
});
export type SpecChange = z.output<typeof SpecChange>;

export const VmSpecChanges = z.object({
  has_changes: z.boolean(),
  /** A sentence for each change; empty without any. */
  changes_summary: z.string(),
  changes: z.array(SpecChange),
  /** The same as JSON text. */
  changes_json: z.string(),
  check_time: z.string(),
  status: z.literal('completed'),
  current_vm_info: DiscoveredVm,
});
export type VmSpecChanges = z.output<typeof VmSpecChanges>;

/**
 * POST /cleanup. delete_snapshot removes snapshots that a job left behind; cleanup_all ends its session first. Without
 * credentials only what this VMA knows itself is cleared.
 */
export const CleanupRequest = z.object({
  job_id: z.string().min(1).max(64),
  action: z.enum(['delete_snapshot', 'cleanup_all']),
  /** Snapshots of other installations are left alone. */
  installation_id: z.string().min(1).max(40),
  credentials: VcenterAccess.nullish(),
});
export type CleanupRequest = z.output<typeof CleanupRequest>;

export const Cleanup = z.object({
  job_id: z.string(),
  action: z.enum(['delete_snapshot', 'cleanup_all']),
  message: z.string(),
  session_ended: z.boolean(),
  /** Leftovers at the vCenter. removing: it goes on by itself. */
  snapshots: z.array(
    z.object({
      vm: z.string(),
      snapshot_ref: z.string(),
      state: z.enum(['removing', 'gone', 'failed']),
      error: name,
    }),
  ),
  /** Snapshots of the job that this VMA is removing since its session ended. */
  removals_pending: z.int(),
});
export type Cleanup = z.output<typeof Cleanup>;
