import { z } from 'zod';
import { ApiKey, BASE_ACCESS, checkAccess, cloudId, DomainWord, Endpoint, SecretKey } from './cloud-access.ts';
import { CloudConnectionTested } from './cloudstack-settings.ts';
import {
  CloudDiskOffering,
  CloudDomain,
  CloudNetwork,
  CloudServiceOffering,
  CloudTemplate,
  CloudZone,
} from './cloud-resources.ts';
import { count, flag, text, Time, time } from './fields.ts';

const ID = '7f7e1c0a-9c8e-4a53-8a52-0b5a5c5fd001';
const Name = text('what people call it; upper and lower case make no difference', 'cloud-1').trim().min(1).max(191);

/** What a configuration is made of, besides name, address and keys. */
const CHOICES = {
  zone: cloudId('id of the zone that volumes and VMs are made in', ID),
  domain: DomainWord.nullable(),
  oma_vm_id: cloudId('VM of this appliance, which volumes are attached to', ID).nullable(),
  template_id: cloudId('template that failover makes VMs from', ID).nullable(),
  network_id: cloudId('default network', ID).nullable(),
  service_offering_id: cloudId('compute offering with custom processors and memory', ID).nullable(),
  disk_offering_id: cloudId('disk offering with a custom size', ID).nullable(),
};

const OsseaConfigFields = z
  .strictObject({
    name: Name,
    api_url: Endpoint,
    api_key: ApiKey,
    secret_key: SecretKey,
    ...CHOICES,
    is_active: flag('new replications go there; making one active makes the others inactive'),
  })
  .partial()
  .meta({
    id: 'OsseaConfigFields',
    description:
      'create needs name, api_url, api_key, secret_key and zone; update sets what is named; test takes api_url and keys.',
  });
export type OsseaConfigFields = z.output<typeof OsseaConfigFields>;

const ACTIONS = ['get', 'create', 'update', 'delete', 'test'] as const;

const Action = z.enum(ACTIONS).meta({
  description: 'delete makes inactive and keeps the row: what was begun in that cloud ends there',
  example: 'create',
});

export const OsseaConfigAction = z
  .strictObject({
    action: Action,
    id: z.int().min(1).nullish().meta({ description: 'which one; get without it lists all', example: 1 }),
    config: OsseaConfigFields.optional(),
    force: z.boolean().nullish().meta({
      description: 'update: take another host although volumes are stored in this cloud: it is the same, moved',
      example: false,
    }),
  })
  .meta({
    id: 'OsseaConfigAction',
    description: 'What to do with a configuration.',
    example: { action: 'get' },
  });
export type OsseaConfigAction = z.output<typeof OsseaConfigAction>;

export const OsseaConfig = z
  .object({
    id: z.int().meta({ description: 'id of the configuration', example: 1 }),
    name: text('what people call it', 'cloud-1'),
    api_url: text('where its API is', 'https://cloud.example.com/client/api'),
    zone: text('id of its zone', ID),
    domain: text('domain', 'ROOT/migration').nullable(),
    oma_vm_id: text('VM of this appliance', ID).nullable(),
    template_id: text('template of new VMs', ID).nullable(),
    network_id: text('default network', ID).nullable(),
    service_offering_id: text('compute offering', ID).nullable(),
    disk_offering_id: text('disk offering', ID).nullable(),
    is_active: flag('new replications go there'),
    context_count: count('VMs that are replicated into it', 12),
    volume_count: count('volumes of ours in it', 30),
    active_job_count: count('VMs of it that a job works on', 1),
    created_at: Time,
    updated_at: time('when it was changed last'),
  })
  .meta({ id: 'OsseaConfig', description: 'How to reach a CloudStack, and what to use there; without its keys.' });

export const OsseaConfigAnswer = z
  .object({
    action: Action,
    success: flag('false only where action is test: what CloudStack said is in test_result'),
    message: text('what was done', 'cloud-1 is saved and active'),
    config: OsseaConfig.optional(),
    configs: z.array(OsseaConfig).optional().meta({ description: 'get without id: all, by name' }),
    count: count('get without id: how many', 1).optional(),
    test_result: CloudConnectionTested.optional(),
    timestamp: Time,
  })
  .meta({ id: 'OsseaConfigAnswer', description: 'What was done.' });

export const DiscoverResources = z
  .strictObject({ ...BASE_ACCESS, domain: DomainWord.nullish() })
  .superRefine(checkAccess('base_url'))
  .meta({ id: 'DiscoverResources', description: 'Which CloudStack to look at.', example: { config_id: 0 } });

export const ResourcesDiscovered = z
  .object({
    success: flag('always true; refusals are problem documents'),
    zones: z.array(CloudZone).meta({ description: 'by name' }),
    domains: z.array(CloudDomain).meta({ description: 'those that the account sees, by path' }),
    templates: z.array(CloudTemplate).meta({ description: 'ready, and below 2 GiB' }),
    service_offerings: z.array(CloudServiceOffering).meta({ description: 'by name' }),
    disk_offerings: z.array(CloudDiskOffering).meta({ description: 'by name' }),
    networks: z.array(CloudNetwork).meta({ description: 'by name' }),
  })
  .meta({ id: 'ResourcesDiscovered', description: 'What there is to choose from.' });

export const StreamlinedConfig = z
  .strictObject({
    base_url: Endpoint,
    api_key: ApiKey,
    secret_key: SecretKey,
    zone_id: cloudId('zone that volumes and VMs are made in', ID),
    domain_name: DomainWord,
    domain: DomainWord.nullish(),
    template_id: cloudId('template that failover makes VMs from', ID),
    service_offering_id: cloudId('compute offering with custom processors and memory', ID),
    disk_offering_id: cloudId('disk offering with a custom size', ID),
    network_id: cloudId('default network', ID),
    oma_vm_id: cloudId('VM of this appliance, which volumes are attached to', ID),
  })
  .meta({
    id: 'StreamlinedConfig',
    description: 'A whole configuration.',
    example: {
      base_url: 'https://cloud.example.com',
      api_key: 'K3y',
      secret_key: 'S3cret',
      zone_id: ID,
      domain_name: 'ROOT',
      template_id: ID,
      service_offering_id: ID,
      disk_offering_id: ID,
      network_id: ID,
      oma_vm_id: ID,
    },
  });
export type StreamlinedConfig = z.output<typeof StreamlinedConfig>;

export const StreamlinedSaved = z
  .object({
    success: flag('always true; refusals are problem documents'),
    message: text('what was done', 'default is saved and active'),
    config_id: z.int().meta({ description: 'id of the configuration', example: 1 }),
  })
  .meta({ id: 'StreamlinedSaved', description: 'What was done.' });
