import { z } from 'zod';
import { cloudId } from './cloud-access.ts';
import { CloudNetwork, CloudServiceOffering } from './cloud-resources.ts';
import { contextId, count, flag, NextCursor, text, Time, time, Total } from './fields.ts';

/** The envelope of this family: refusals are problem documents, and success is always true. */
const envelope = <S extends z.ZodRawShape>(fields: S) =>
  z.object({
    success: flag('always true; refusals are problem documents'),
    message: text('the outcome for people', 'VM Network of web01 leads to prod-lan'),
    ...fields,
  });

const NETWORK_ID = '2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11';
const vmWord = (): z.ZodString => text('the VM: its name, the id of its context, or its uuid', 'web01').min(1).max(191);

const SHOWN = {
  id: z.int().meta({ description: 'id of the mapping', example: 1 }),
  vm_id: text('name of the VM when it was mapped', 'web01'),
  vm_context_id: contextId('the context of the VM').nullable(),
  vmware_vm_id: text('BIOS uuid of the VM', '420570c7-f61f-a930-77c5-1e876786cb3c').nullable(),
  source_network_name: text('network of the source', 'VM Network'),
  destination_network_id: text('network of CloudStack', NETWORK_ID),
  destination_network_name: text('its name, as CloudStack has it', 'prod-lan'),
  is_test_network: flag('it is for test failovers'),
  mapping_type: text('live or test', 'live'),
  network_strategy: text('how failover uses it, where it says', 'custom').nullable(),
  validation_status: text('valid when the destination existed at last_validated', 'valid'),
  last_validated: time('when CloudStack was asked for the destination').nullable(),
  created_at: Time,
  updated_at: Time,
};

export const NetworkMapping = z
  .object(SHOWN)
  .meta({ id: 'NetworkMapping', description: 'Where a network of a VM leads in CloudStack.' });

export const SaveNetworkMapping = z
  .strictObject({
    vm_id: vmWord(),
    vm_context_id: contextId('its context, where several VMs have this name').min(1).max(64).nullish(),
    source_network_name: text('network of the source, letter by letter', 'VM Network').min(1).max(191),
    destination_network_id: cloudId('network of CloudStack; it must exist', NETWORK_ID),
    destination_network_name: text('its name; the one that CloudStack has is stored', 'prod-lan').max(191).nullish(),
    is_test_network: z.boolean().default(false).meta({ description: 'for test failovers', example: false }),
    force: z.boolean().nullish().meta({
      description: 'let test and live failovers of this VM share the destination',
      example: false,
    }),
  })
  .meta({
    id: 'SaveNetworkMapping',
    description: 'Where a network of a VM is to lead.',
    example: {
      vm_id: 'web01',
      source_network_name: 'VM Network',
      destination_network_id: NETWORK_ID,
      destination_network_name: 'prod-lan',
      is_test_network: false,
    },
  });
export type SaveNetworkMapping = z.output<typeof SaveNetworkMapping>;

export const NetworkMappingSaved = envelope({ data: NetworkMapping }).meta({
  id: 'NetworkMappingSaved',
  description: 'The mapping that was saved.',
});

export const NetworkMappings = envelope({
  data: z.array(NetworkMapping).meta({ description: 'the mappings' }),
  count: Total,
  next_cursor: NextCursor,
}).meta({ id: 'NetworkMappings', description: 'A page of network mappings.' });

const names = (description: string): z.ZodArray<z.ZodString> =>
  z.array(z.string()).meta({ description, example: ['VM Network'] });

export const NetworkMappingStatus = envelope({
  data: z
    .object({
      vm_id: text('name of the VM', 'web01'),
      vm_context_id: contextId('its context'),
      total_mappings: count('live and test mappings', 2),
      live: count('networks that are mapped for live failovers', 1),
      test: count('networks that are mapped for test failovers', 1),
      has_mappings: flag('there is at least one'),
      mapping_complete: flag('each network of the VM is mapped for live failovers'),
      test_mapping_complete: flag('each network of the VM is mapped for test failovers'),
      readiness_level: z.enum(['none', 'partial', 'test', 'live', 'full']).meta({
        description: 'which failovers find all networks mapped: none, not all of either, test only, live only, both',
        example: 'full',
      }),
      source_networks: names('networks that the source says the VM is in; empty where it says nothing'),
      unmapped_networks: names('those without a live mapping'),
      unmapped_test_networks: names('those without a test mapping'),
    })
    .meta({ description: 'how complete the mappings are' }),
}).meta({ id: 'NetworkMappingStatus', description: 'How complete the mappings of a VM are.' });

export const NetworkMappingDeleted = envelope({}).meta({
  id: 'NetworkMappingDeleted',
  description: 'What was deleted.',
});

export const VmWordParam = z.object({ vm_id: vmWord() });
export const MappingParams = z.object({
  vm_id: vmWord(),
  source_network_name: text('network of the source', 'VM Network').min(1).max(191),
});
export const WhichKind = z.strictObject({
  is_test: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'true: the mapping for test failovers', example: 'true' }),
});

export const AvailableNetworks = envelope({
  data: z.array(CloudNetwork).meta({ description: 'by name' }),
  count: Total,
  next_cursor: NextCursor,
}).meta({ id: 'AvailableNetworks', description: 'A page of networks that mappings may lead to.' });

export const ResolveNetwork = z
  .strictObject({ network_name: text('name or id of a network of CloudStack', 'prod-lan').trim().min(1).max(255) })
  .meta({ id: 'ResolveNetwork', description: 'Which network.', example: { network_name: 'prod-lan' } });

export const NetworkResolved = envelope({ data: CloudNetwork }).meta({
  id: 'NetworkResolved',
  description: 'The network of this name.',
});

export const AvailableServiceOfferings = envelope({
  data: z.array(CloudServiceOffering).meta({ description: 'by name' }),
  count: Total,
  next_cursor: NextCursor,
}).meta({ id: 'AvailableServiceOfferings', description: 'A page of compute offerings.' });
