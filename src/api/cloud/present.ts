import type { Domain } from '../../cloudstack/domains.ts';
import type { Network } from '../../cloudstack/networks.ts';
import type { DiskOffering, ServiceOffering } from '../../cloudstack/offerings.ts';
import type { Template } from '../../cloudstack/templates.ts';
import type { Zone } from '../../cloudstack/zones.ts';

/** What a CloudStack has to choose from, as it travels. */

type Wire = Record<string, unknown>;

export const presentZone = (zone: Zone): Wire => ({
  id: zone.id,
  name: zone.name,
  description: [zone.networkType, zone.allocationState].filter((word) => word !== undefined).join(', '),
});

export const presentDomain = ({ id, name, path }: Domain): Wire => ({ id, name, path: path ?? name });

export const presentTemplate = (template: Template): Wire => ({
  id: template.id,
  name: template.name,
  description: [template.hypervisor, template.format].filter((word) => word !== undefined).join(', '),
  os_type: template.osTypeName ?? null,
  zone_id: template.zoneId ?? null,
  size_bytes: template.sizeBytes ?? null,
});

export const presentServiceOffering = (offering: ServiceOffering): Wire => ({
  id: offering.id,
  name: offering.name,
  description: offering.displayText ?? offering.name,
  cpu: offering.cpuNumber ?? null,
  cpu_speed_mhz: offering.cpuSpeedMhz ?? null,
  memory: offering.memoryMiB ?? null,
  is_customized: offering.customized,
});

export const presentDiskOffering = (offering: DiskOffering): Wire => ({
  id: offering.id,
  name: offering.name,
  description: offering.displayText ?? offering.name,
  disk_size_gb: offering.customized ? null : (offering.diskSizeGiB ?? null),
  is_customized: offering.customized,
});

/** Beside the network itself: what its zone is called, and which network is the configured one. */
export interface NetworkSetting {
  readonly zones: readonly Zone[];
  readonly defaultId: string | null;
}

export const presentNetwork = (network: Network, { zones, defaultId }: NetworkSetting): Wire => ({
  id: network.id,
  name: network.name,
  description: network.displayText ?? network.name,
  type: network.type ?? null,
  state: network.state ?? null,
  zone_id: network.zoneId ?? null,
  zone_name: zones.find((zone) => zone.id === network.zoneId)?.name ?? null,
  vlan: network.vlan ?? null,
  cidr: network.cidr ?? null,
  gateway: network.gateway ?? null,
  is_default: network.id === defaultId,
});
