import { z } from 'zod';
import { cloudId } from './cloud-access.ts';
import { count, flag, NextCursor, text, Total } from './fields.ts';

/** What a CloudStack has to choose from, as answers show it. */

const ZONE_ID = '5e3a7c8a-5f5b-4c5b-9d30-1b9a54a6c001';
const NETWORK_ID = '2c1d3d0e-1c0a-4a54-8f0e-6f3d6a0e9b11';
const description = text('what CloudStack says about it', 'custom size');
const id = cloudId('id in CloudStack', NETWORK_ID);
const zoneId = text('id of its zone', ZONE_ID).nullable();

export const CloudZone = z
  .object({ id: cloudId('id in CloudStack', ZONE_ID), name: text('its name', 'zone-1'), description })
  .meta({ id: 'CloudZone', description: 'A zone of CloudStack.' });

export const CloudDomain = z
  .object({ id, name: text('its name', 'migration'), path: text('its path', 'ROOT/migration') })
  .meta({ id: 'CloudDomain', description: 'A domain of CloudStack.' });

export const CloudTemplate = z
  .object({
    id,
    name: text('its name', 'blank-kvm'),
    description,
    os_type: text('its guest system', 'Other Linux (64-bit)').nullable(),
    zone_id: zoneId,
    size_bytes: z.int().nullable().meta({ description: 'size of its disk, bytes', example: 1_073_741_824 }),
  })
  .meta({ id: 'CloudTemplate', description: 'A template that failover can make VMs from: ready, and below 2 GiB.' });

export const CloudServiceOffering = z
  .object({
    id,
    name: text('its name', 'Custom Instance'),
    description,
    cpu: count('virtual processors; null where they can be chosen', 2).nullable(),
    cpu_speed_mhz: count('MHz; null where it can be chosen', 2000).nullable(),
    memory: count('memory, MiB; null where it can be chosen', 4096).nullable(),
    is_customized: flag('processors and memory can be chosen, which failover needs'),
  })
  .meta({ id: 'CloudServiceOffering', description: 'A compute offering of CloudStack.' });

export const CloudDiskOffering = z
  .object({
    id,
    name: text('its name', 'Custom'),
    description,
    disk_size_gb: z.number().nullable().meta({ description: 'GiB; null where it can be chosen', example: 5 }),
    is_customized: flag('the size can be chosen, which replication needs'),
  })
  .meta({ id: 'CloudDiskOffering', description: 'A disk offering of CloudStack.' });

export const CloudNetwork = z
  .object({
    id,
    name: text('its name', 'prod-lan'),
    description,
    type: text('L2, Isolated or Shared', 'Isolated').nullable(),
    state: text('Allocated, Implemented, Setup, ...', 'Implemented').nullable(),
    zone_id: zoneId,
    zone_name: text('name of its zone', 'zone-1').nullable(),
    vlan: text('its VLAN, where this account may know it', '120').nullable(),
    cidr: text('its addresses', '10.1.1.0/24').nullable(),
    gateway: text('its gateway', '10.1.1.1').nullable(),
    is_default: flag('it is the network_id of the configuration'),
  })
  .meta({ id: 'CloudNetwork', description: 'A network of CloudStack that VMs can be put into.' });

export const CloudNetworks = z
  .object({
    success: flag('always true; refusals are problem documents'),
    networks: z.array(CloudNetwork).meta({ description: 'by name' }),
    count: Total,
    next_cursor: NextCursor,
  })
  .meta({ id: 'CloudNetworks', description: 'A page of the networks in the zone of the active configuration.' });
