import { z } from 'zod';
import { checkAccess, CLOUD_ACCESS, cloudId, DomainWord } from './cloud-access.ts';
import { CloudDiskOffering, CloudNetwork, CloudServiceOffering, CloudTemplate, CloudZone } from './cloud-resources.ts';
import { ErrorCode, flag, Hint, orNull, text } from './fields.ts';

const VM_ID = '7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001';
const TYPED = { api_url: 'https://cloud.example.com/client/api', api_key: 'K3y', secret_key: 'S3cret' };

/** Of an answer that is 200 also when CloudStack refuses: what it said is the outcome. */
const FAILURE = {
  error: text('why not; null when it worked', 'cloudstack does not answer listCapabilities').nullable(),
  error_code: ErrorCode.nullable(),
  hint: Hint.nullable(),
};

export const TestCloudConnection = z
  .strictObject(CLOUD_ACCESS)
  .superRefine(checkAccess('api_url'))
  .meta({ id: 'TestCloudConnection', description: 'Which CloudStack to try.', example: TYPED });

export const CloudConnectionTested = z
  .object({
    success: flag('whether these keys work there'),
    message: text('the outcome for people', 'CloudStack 4.19.1.0 takes the keys of migrate in ROOT'),
    version: text('version of CloudStack', '4.19.1.0').nullable(),
    account: text('account that the keys belong to', 'migrate').nullable(),
    ...FAILURE,
  })
  .meta({ id: 'CloudConnectionTested', description: 'Whether a CloudStack takes the keys.' });

export const DetectOmaVm = z
  .strictObject({
    ...CLOUD_ACCESS,
    record: z.boolean().nullish().meta({
      description: 'true: store the VM that was found as oma_vm_id of the configuration config_id',
      example: true,
    }),
  })
  .superRefine(checkAccess('api_url'))
  .superRefine((asked, context) => {
    if (asked.record !== true || (asked.config_id !== null && asked.config_id !== undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['record'],
      message: 'needs config_id: the configuration to store it in',
    });
  })
  .meta({
    id: 'DetectOmaVm',
    description: 'In which CloudStack to look for the VM of this appliance.',
    example: TYPED,
  });
export type DetectOmaVm = z.output<typeof DetectOmaVm>;

const OmaVm = z
  .object({
    vm_id: text('id of the VM', VM_ID),
    vm_name: text('its name', 'oma'),
    mac_address: text('of the network card that it was known by', '02:01:00:cb:00:01'),
    ip_address: text('of that card', '10.1.1.10').nullable(),
    account: text('account that it belongs to', 'migrate').nullable(),
  })
  .meta({ id: 'OmaVm', description: 'The VM of CloudStack that this appliance is.' });

export const OmaVmDetected = z
  .object({
    success: flag('whether exactly one VM has a network card of this appliance'),
    oma_info: orNull(OmaVm, 'the VM; null when none was found'),
    message: text('the outcome for people', 'this appliance is the VM oma'),
    recorded: flag('it was stored in the configuration'),
    ...FAILURE,
  })
  .meta({ id: 'OmaVmDetected', description: 'Which VM of CloudStack this appliance is.' });

export const ValidateCloud = z
  .strictObject({
    ...CLOUD_ACCESS,
    oma_vm_id: cloudId('VM of this appliance; without it, it is looked for', VM_ID).nullish(),
    service_offering_id: cloudId('compute offering of VMs that failover makes', VM_ID).nullish(),
    network_id: cloudId('default network of VMs that failover makes', VM_ID).nullish(),
  })
  .superRefine(checkAccess('api_url'))
  .meta({
    id: 'ValidateCloud',
    description: 'What to check; of a stored configuration its own values, where the request names none.',
    example: { ...TYPED, service_offering_id: VM_ID },
  });
export type ValidateCloud = z.output<typeof ValidateCloud>;

const CloudCheck = z
  .object({
    status: z.enum(['pass', 'warning', 'fail', 'skipped']).meta({ description: 'outcome', example: 'pass' }),
    message: text('what was found, and what to do about it', 'Custom Instance takes any size'),
    details: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'coordinates', example: { service_offering_id: VM_ID } }),
  })
  .meta({ id: 'CloudCheck', description: 'One check of a CloudStack.' });

export const CloudValidated = z
  .object({
    success: flag('whether no check failed'),
    result: z
      .object({
        oma_vm_detection: CloudCheck,
        compute_offering: CloudCheck,
        account_match: CloudCheck,
        network_selection: CloudCheck,
        overall_status: z
          .enum(['pass', 'warning', 'fail'])
          .meta({ description: 'the worst; a check that was skipped is a warning', example: 'warning' }),
      })
      .meta({ description: 'the checks' }),
    message: text('the outcome for people', 'all checks pass'),
    ...FAILURE,
  })
  .meta({ id: 'CloudValidated', description: 'Whether a CloudStack is fit for replication and failover.' });

export const DiscoverCloud = z
  .strictObject({ ...CLOUD_ACCESS, domain: DomainWord.nullish() })
  .superRefine(checkAccess('api_url'))
  .meta({ id: 'DiscoverCloud', description: 'Which CloudStack to look at.', example: TYPED });

export const CloudDiscovered = z
  .object({
    success: flag('whether CloudStack could be asked'),
    oma_vm_id: text('VM of this appliance; null when it was not found', VM_ID).nullable(),
    oma_vm_name: text('its name', 'oma').nullable(),
    zones: z.array(CloudZone).meta({ description: 'by name' }),
    templates: z.array(CloudTemplate).meta({ description: 'ready, and below 2 GiB' }),
    service_offerings: z.array(CloudServiceOffering).meta({ description: 'by name' }),
    disk_offerings: z.array(CloudDiskOffering).meta({ description: 'by name' }),
    networks: z.array(CloudNetwork).meta({ description: 'by name' }),
    ...FAILURE,
  })
  .meta({ id: 'CloudDiscovered', description: 'Everything that a configuration is made of.' });
