import { z } from 'zod';
import { isCertificates, normalThumbprint } from '../../domain/certificate-pin.ts';
import { bytes, contextId, count, flag, NextCursor, text, time, Total } from './fields.ts';
import { isGiven } from './replications.ts';
import { VmContext } from './vm-contexts.ts';

/** Upper bound of a request; a vCenter has at most some ten thousand VMs. */
const VMS_MAX = 20_000;

const VmWord = text('name, inventory path or instance uuid of a VM', '/DC1/vm/shop/web01').min(1).max(500);

const ACCOUNT = {
  credential_id: z.int().min(0).nullish().meta({ description: 'a stored account; 0: the default one', example: 1 }),
  vcenter: text('the vCenter instead: name or address, and :port where it is not 443', 'vcenter-01.example.com')
    .min(1)
    .max(255)
    .regex(/^[^\s/\\?#@]+$/, 'must be a host name or address, without https:// and path')
    .nullish(),
  username: text('its user', 'migratekit@vsphere.local').min(1).max(255).nullish(),
  password: z
    .string()
    .min(1)
    .max(1000)
    .meta({
      description: 'used for this request, and not stored',
      format: 'password',
      writeOnly: true,
      example: 'secret',
    })
    .nullish(),
  datacenter: text('the datacenter to look at; of a stored account its own', 'DC1').min(1).max(255).nullish(),
  vcenter_thumbprint: text('SHA-1 or SHA-256 of the one certificate that the vCenter may show', 'ab'.repeat(20))
    .max(95)
    .refine((value) => normalThumbprint(value) !== undefined, 'must be 20 or 32 bytes in hex')
    .nullish(),
  vcenter_ca: text('PEM certificates of the authorities that its certificate may come from', '-----BEGIN ...')
    .max(60_000)
    .refine(isCertificates, 'must be PEM certificates and nothing else')
    .nullish(),
};

export type VcenterAccount = z.output<z.ZodObject<typeof ACCOUNT>>;

/** A stored account, or one that is typed in whole: half of each would send a password to another server. */
function checkAccount(asked: VcenterAccount, context: z.RefinementCtx): void {
  const typed = ['vcenter', 'username', 'password'] as const;
  if (!typed.some((name) => isGiven(asked[name]))) {
    if (isGiven(asked.credential_id)) return;
    const message = 'is needed, or vcenter with username, password and datacenter; 0 is the default credential';
    context.addIssue({ code: 'custom', path: ['credential_id'], message });
    return;
  }
  for (const name of [...typed, 'datacenter'] as const) {
    if (isGiven(asked[name])) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'is needed with vcenter, username and password' });
  }
  if (!isGiven(asked.credential_id)) return;
  context.addIssue({ code: 'custom', path: ['credential_id'], message: 'stands in place of vcenter and the rest' });
}

const Filter = text('part of the name, in upper or lower case', 'web').max(255).nullish();
const Selected = z.array(VmWord).max(VMS_MAX);

export const PreviewDiscovery = z
  .strictObject({ ...ACCOUNT, filter: Filter })
  .superRefine(checkAccount)
  .meta({
    id: 'PreviewDiscovery',
    description: 'Which vCenter: a stored account, or one that is typed in.',
    example: { credential_id: 1, filter: 'web' },
  });

export const DiscoverVms = z
  .strictObject({
    ...ACCOUNT,
    filter: Filter,
    selected_vms: Selected.nullish().meta({ description: 'only these, by name, inventory path or instance uuid' }),
    create_context: z.boolean().nullish().meta({ description: 'true: makes them known, too', example: false }),
  })
  .superRefine(checkAccount)
  .meta({
    id: 'DiscoverVms',
    description: 'Which vCenter, and which VMs of it.',
    example: { credential_id: 1, create_context: false },
  });
export type DiscoverVms = z.output<typeof DiscoverVms>;

export const AddVms = z
  .strictObject({
    ...ACCOUNT,
    vm_names: Selected.min(1).meta({ description: 'the VMs, by name, inventory path or instance uuid' }),
    added_by: text('who adds them, for people', 'ann').max(255).nullish(),
  })
  .superRefine(checkAccount)
  .meta({
    id: 'AddVms',
    description: 'VMs to make known.',
    example: { credential_id: 1, vm_names: ['web01', 'web02'] },
  });
export type AddVms = z.output<typeof AddVms>;

export const BulkAddVms = z
  .strictObject({
    ...ACCOUNT,
    selected_vms: Selected.min(1).meta({ description: 'the VMs, by name, inventory path or instance uuid' }),
    filter: Filter,
  })
  .superRefine(checkAccount)
  .meta({
    id: 'BulkAddVms',
    description: 'VMs to make known, however many.',
    example: { credential_id: 1, selected_vms: ['web01', 'web02'] },
  });
export type BulkAddVms = z.output<typeof BulkAddVms>;

const Finding = z
  .object({
    code: z
      .enum(['renamed', 'moved', 'name-taken', 'duplicate-bios-uuid', 'unidentified', 'unreadable', 'vcenter-changed'])
      .meta({ description: 'what programs match on', example: 'duplicate-bios-uuid' }),
    message: text('the same for people', 'has the BIOS uuid of /DC1/vm/web02'),
  })
  .meta({ id: 'DiscoveryFinding', description: 'what a person should know about a VM of a vCenter' });

const Disk = z
  .object({
    id: text('disk-{device key}', 'disk-2000'),
    path: text('its file', '[datastore1] web01/web01.vmdk').nullable(),
    vmdk_path: text('the same', '[datastore1] web01/web01.vmdk').nullable(),
    size_gb: count('size, GiB, rounded up', 102),
    capacity_bytes: bytes('size', 109_521_666_048),
    datastore: text('where its file is', 'datastore1').nullable(),
    label: text('its name in the VM', 'Hard disk 1').nullable(),
    unit_number: z.int().nullable().meta({ description: 'its place at the controller', example: 0 }),
    provisioning_type: text('thin, thick-lazy or thick-eager', 'thin').nullable(),
  })
  .meta({ id: 'DiscoveredDisk', description: 'a disk of a VM of a vCenter' });

const Network = z
  .object({
    name: text('name of the network', 'VM Network').nullable(),
    network_name: text('the same', 'VM Network').nullable(),
    type: text('standard, distributed, opaque or unknown', 'standard'),
    connected: z.boolean().nullable().meta({ description: 'whether the adapter is connected', example: true }),
    mac_address: text('hardware address', '00:50:56:00:00:01').nullable(),
    adapter_type: text('kind of the adapter', 'vmxnet3').nullable(),
    label: text('name of the adapter in the VM', 'Network adapter 1').nullable(),
  })
  .meta({ id: 'DiscoveredNetwork', description: 'a network adapter of a VM of a vCenter' });

const DiscoveredVm = z
  .object({
    id: text('BIOS uuid, which clones may share', '420570c7-f61f-a930-77c5-1e876786cb3c'),
    instance_uuid: text('instance uuid, unique in its vCenter', '50057c1e-2d6b-4f0a-8e1c-9a39a0a9be5a').nullable(),
    ref: text('its reference in the vCenter (moref)', 'vm-42'),
    name: text('name of the VM', 'web01'),
    path: text('inventory path', '/DC1/vm/web01'),
    datacenter: text('its datacenter', 'DC1').nullable(),
    power_state: text('poweredOn, poweredOff or suspended', 'poweredOn').nullable(),
    connection_state: text('connected, or why it cannot be read', 'connected').nullable(),
    guest_os: text('its guest system', 'Microsoft Windows Server 2019 (64-bit)').nullable(),
    memory_mb: z.int().nullable().meta({ description: 'memory, MiB', example: 8192 }),
    num_cpu: z.int().nullable().meta({ description: 'virtual processors', example: 2 }),
    vmx_version: text('version of the virtual hardware', 'vmx-19').nullable(),
    firmware: text('bios or efi', 'efi').nullable(),
    secure_boot: z.boolean().nullable().meta({ description: 'its UEFI starts only what is signed', example: false }),
    cbt_enabled: z.boolean().nullable().meta({ description: 'whether its changes are tracked', example: true }),
    has_snapshots: flag('whether it has snapshots'),
    disks: z.array(Disk).meta({ description: 'its disks' }),
    networks: z.array(Network).meta({ description: 'its network adapters, each with its network' }),
    state: z.enum(['new', 'existing', 'problem']).meta({
      description: 'new: can be added; existing: is known; problem: cannot be added, findings say why',
      example: 'new',
    }),
    existing: flag('whether it is known'),
    context_id: contextId('its context').nullable(),
    findings: z.array(Finding).meta({ description: 'what to know about it; empty as a rule' }),
  })
  .meta({ id: 'DiscoveredVm', description: 'a VM of a vCenter' });

const Seconds = z.number().min(0).meta({ description: 'seconds', example: 1.42 });
const credential = z
  .object({ id: z.int().meta({ description: 'its id', example: 1 }), name: text('its name', 'Production vCenter') })
  .nullable()
  .meta({
    description: 'the stored account that new VMs refer to; null: none is stored, give them one before they replicate',
  });

const SkippedVm = z.object({
  vm_name: text('name of the VM', 'web01'),
  vm_path: text('inventory path', '/DC1/vm/web01'),
  context_id: contextId('its context'),
  reason: text('why', 'is known already'),
  existing: flag('it is known'),
});
const FailedVm = z.object({
  vm_name: text('as it was asked for', 'web09'),
  vm_path: text('inventory path; empty where vCenter has no such VM', ''),
  error: text('why', 'vCenter shows no VM called web09'),
});
const AddedVm = z.object({
  vm_name: text('name of the VM', 'web01'),
  vm_path: text('inventory path', '/DC1/vm/web01'),
  context_id: contextId('its new context'),
});

const ADDITION = {
  total_requested: count('VMs that were asked for', 2),
  successfully_added: count('VMs that are known now, and were not', 1),
  skipped: count('VMs that were known already', 1),
  failed: count('VMs that were not added', 0),
  added_vms: z.array(AddedVm).meta({ description: 'new ones' }),
  skipped_vms: z.array(SkippedVm).meta({ description: 'known ones; what vCenter says of them now is stored' }),
  failed_vms: z.array(FailedVm).meta({ description: 'those that were not added, and why' }),
  credential,
};

export const Addition = z
  .object(ADDITION)
  .meta({ id: 'DiscoveryAddition', description: 'What became of VMs that were to be added.' });

export const Discovered = z
  .object({
    discovered_vms: z.array(DiscoveredVm).meta({ description: 'by path' }),
    addition_result: z.union([Addition, z.null()]).meta({ description: 'with create_context: what was added' }),
    discovery_count: count('VMs of the answer', 2),
    processing_time: Seconds,
    status: z.enum(['success', 'partial_success']).meta({
      description: 'partial_success: some of the VMs that were named do not exist or could not be added',
      example: 'success',
    }),
    message: text('the same for people', '2 VMs found, 1 of them new'),
  })
  .meta({ id: 'Discovered', description: 'VMs of a vCenter.' });

export const DiscoveryPreview = z
  .object({
    vms: z.array(DiscoveredVm).meta({ description: 'by path' }),
    total_discovered: count('VMs of the answer', 2),
    new_vms: count('VMs of it that can be added', 1),
    existing_vms: count('VMs of it that are known', 1),
    problem_vms: count('VMs of it that cannot be added as they are', 0),
    processing_time: Seconds,
    vcenter: text('the vCenter', 'vcenter-01.example.com'),
    datacenter: text('the datacenter that was looked at; empty for all', 'DC1'),
    filter: text('part of the names; empty for all', ''),
    credential,
  })
  .meta({ id: 'DiscoveryPreview', description: 'What a discovery would find.' });

export const VmsAdded = z
  .object({
    success: flag('whether all of them are known now'),
    message: text('the same for people', '1 VM added, 1 known already'),
    vms_added: count('new ones', 1),
    vms_existing: count('VMs that were known already', 1),
    vms_failed: count('VMs that were not added', 0),
    total_vms: count('VMs that were asked for', 2),
    added_at: time('when'),
    added_by: text('who', 'ann'),
    processed_vms: z
      .array(
        z.object({
          vm_name: text('as it was asked for, or its name', 'web01'),
          success: flag('whether it is known now'),
          existing: flag('whether it was known before'),
          context_id: contextId('its context').nullable(),
          error: text('why it was not added', 'vCenter shows no VM called web09').nullable(),
        }),
      )
      .meta({ description: 'each of them' }),
    credential,
  })
  .meta({ id: 'VmsAdded', description: 'What became of VMs that were to be added.' });

export const BulkAdded = z
  .object({ ...ADDITION, discovery_duration: Seconds, processing_duration: Seconds })
  .meta({ id: 'BulkAdded', description: 'What became of VMs that were to be added.' });

export const UngroupedVms = z
  .object({
    vms: z.array(VmContext).meta({ description: 'by name' }),
    count: Total,
    retrieved_at: time('when'),
    next_cursor: NextCursor,
  })
  .meta({ id: 'UngroupedVms', description: 'Known VMs that are in no machine group.' });
