import { z } from 'zod';
import { isCertificates, normalThumbprint } from '../../domain/certificate-pin.ts';
import { count, flag, NextCursor, text, Time, time, Total } from './fields.ts';

const THUMBPRINT = '5B:0E:7C:61:0D:3A:0C:47:83:43:7D:53:8E:2C:B5:4E:A0:1C:71:0F';
const CA_CHARACTERS_MAX = 60_000;

const name = (description: string, example: string): z.ZodString => text(description, example).trim().min(1).max(255);

const HOST = text('the vCenter: name or address, and :port where it is not 443', 'vcenter-01.example.com')
  .max(255)
  .regex(/^[^\s/\\?#@]+$/, 'must be a host name or address, without https:// and path');

const Thumbprint = text(
  'SHA-1 or SHA-256 of the one certificate that the vCenter may show, in hex with or without colons',
  THUMBPRINT,
)
  .max(95)
  .refine((value) => normalThumbprint(value) !== undefined, 'must be 20 or 32 bytes in hex');

const Ca = text(
  'PEM certificates of the authorities that the certificate of the vCenter may come from',
  '-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n',
)
  .max(CA_CHARACTERS_MAX)
  .refine(isCertificates, 'must be PEM certificates and nothing else');

const password = z.string().max(1000).meta({
  description: 'stored sealed; no answer ever has it',
  example: 'correct horse battery staple',
  format: 'password',
  writeOnly: true,
});

const FIELDS = {
  credential_name: name('what people call it; upper and lower case make no difference', 'Production vCenter'),
  vcenter_host: HOST,
  username: name('user of the vCenter', 'migratekit@vsphere.local'),
  datacenter: name('datacenter in which VMs are looked for', 'DC1'),
  vcenter_thumbprint: Thumbprint.nullable(),
  vcenter_ca: Ca.nullable(),
  is_active: flag('it may be used'),
  is_default: flag('it is the one that is used where none is named'),
};

const SHOWN = {
  id: z.int().meta({ description: 'id of the credential', example: 1 }),
  credential_name: text('what people call it', 'Production vCenter'),
  vcenter_host: text('the vCenter', 'vcenter-01.example.com'),
  username: text('user of the vCenter', 'migratekit@vsphere.local'),
  datacenter: text('datacenter in which VMs are looked for', 'DC1'),
  vcenter_thumbprint: text(
    'of the one certificate that the vCenter may show; null: not pinned, the certificate must come from vcenter_ca, or without that from an authority of the system',
    THUMBPRINT,
  ).nullable(),
  vcenter_ca: text('PEM certificates of its authorities', '-----BEGIN CERTIFICATE-----\n...').nullable(),
  is_active: FIELDS.is_active,
  is_default: FIELDS.is_default,
  context_count: count('VMs that name it; while there are any it cannot be deleted', 12),
  usage_count: count('how often its password was taken to sign in', 41),
  last_used: time('when that was last').nullable(),
  created_by: text('who saved it', 'ann').nullable(),
  created_at: Time,
  updated_at: Time,
};

export const VmwareCredential = z
  .object(SHOWN)
  .meta({ id: 'VmwareCredential', description: 'An account of a vCenter, without its password.' });

export const VmwareCredentialList = z
  .object({
    count: Total,
    credentials: z.array(VmwareCredential).meta({ description: 'by name' }),
    next_cursor: NextCursor,
  })
  .meta({ id: 'VmwareCredentialList', description: 'A page of credentials, by name.' });

export const CreateVmwareCredential = z
  .strictObject({
    ...FIELDS,
    password: password.min(1),
    vcenter_thumbprint: FIELDS.vcenter_thumbprint.default(null),
    vcenter_ca: FIELDS.vcenter_ca.default(null),
    is_active: FIELDS.is_active.default(true),
    is_default: FIELDS.is_default.default(false),
  })
  .meta({
    id: 'CreateVmwareCredential',
    description: 'An account of a vCenter.',
    example: {
      credential_name: 'Production vCenter',
      vcenter_host: 'vcenter-01.example.com',
      username: 'migratekit@vsphere.local',
      password: 'correct horse battery staple',
      datacenter: 'DC1',
    },
  });
export type CreateVmwareCredential = z.output<typeof CreateVmwareCredential>;

export const UpdateVmwareCredential = z
  .strictObject({ ...FIELDS, password })
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'at least one field is needed')
  .meta({
    id: 'UpdateVmwareCredential',
    description: 'The fields to change; those that are not named stay as they are, and so does a password that is "".',
    example: { username: 'migratekit@example.com', password: 'correct horse battery staple' },
  });
export type UpdateVmwareCredential = z.output<typeof UpdateVmwareCredential>;

export const CredentialIdParam = z.object({
  id: text('id of a credential', '1').min(1).max(64),
});

export const CredentialMessage = z
  .object({ message: text('what was done', 'Production vCenter is the default now') })
  .meta({ id: 'CredentialMessage', description: 'What was done.' });

export const CredentialTested = z
  .object({
    success: flag('whether the account signs in and sees VMs'),
    message: text(
      'the outcome for people',
      'migratekit@vsphere.local at vcenter-01.example.com signs in, and sees 42 VMs',
    ),
    vcenter: text('what the vCenter calls itself', 'VMware vCenter Server 8.0.3 build-24022515').nullable(),
    vcenter_version: text('its version', '8.0.3').nullable(),
    vm_count: z.int().nullable().meta({ description: 'VMs that it sees in its datacenter', example: 42 }),
    error_code: text('why not; what programs match on', 'vsphere.invalid-login').nullable(),
    hint: text('what a person does next', 'check user name and password').nullable(),
  })
  .meta({ id: 'CredentialTested', description: 'Whether an account works.' });
