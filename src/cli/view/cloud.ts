import type { Choice, CloudConfig, CloudDiscovered, CloudNetwork, Mapping } from '../client/cloud-answers.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** Clouds and what they have to choose from, as people read them. */

export function cloudTable(clouds: readonly CloudConfig[], sheet: Sheet): string[] {
  const columns: Column<CloudConfig>[] = [
    { title: 'NAME', text: (one) => one.name, least: 12 },
    { title: 'ADDRESS', text: (one) => one.api_url, least: 16 },
    { title: 'USE', text: (one) => (one.is_active ? 'active' : 'inactive') },
    { title: 'VMS', text: (one) => String(one.context_count), align: 'right' },
    { title: 'VOLUMES', text: (one) => String(one.volume_count), align: 'right' },
  ];
  return table(columns, clouds, sheet);
}

export function cloudPage(cloud: CloudConfig): string[] {
  const lines: [label: string, value: string | null][] = [
    ['name', cloud.name],
    ['address', cloud.api_url],
    ['use', cloud.is_active ? 'active' : 'inactive'],
    ['zone', cloud.zone],
    ['domain', cloud.domain],
    ['vm of the appliance', cloud.oma_vm_id],
    ['disk offering', cloud.disk_offering_id],
    ['compute offering', cloud.service_offering_id],
    ['template', cloud.template_id],
    ['network', cloud.network_id],
    ['vms', String(cloud.context_count)],
    ['volumes', String(cloud.volume_count)],
  ];
  return lines.map(([label, value]) => `${label.padEnd(21)}${plainText(value ?? '-')}`);
}

/** Everything to choose from, one table per kind. */
export function discoveredPage(found: CloudDiscovered, sheet: Sheet): string[] {
  const kinds: [title: string, choices: readonly Choice[]][] = [
    ['ZONE', found.zones],
    ['DISK OFFERING', found.disk_offerings.filter((one) => one.is_customized)],
    ['COMPUTE OFFERING', found.service_offerings.filter((one) => one.is_customized)],
    ['TEMPLATE', found.templates],
    ['NETWORK', found.networks],
  ];
  const vm = found.oma_vm_id === null ? 'not found' : `${found.oma_vm_name ?? ''} ${found.oma_vm_id}`;
  return [
    ...kinds.flatMap(([title, choices]) => [...choiceTable(title, choices, sheet), '']),
    plainText(`vm of the appliance: ${vm}`),
  ];
}

function choiceTable(title: string, choices: readonly Choice[], sheet: Sheet): string[] {
  const columns: Column<Choice>[] = [
    { title, text: (one) => one.name, least: 16 },
    { title: 'ID', text: (one) => one.id },
    { title: 'DESCRIPTION', text: (one) => one.description, least: 8 },
  ];
  return table(columns, choices, sheet);
}

export function networkTable(networks: readonly CloudNetwork[], sheet: Sheet): string[] {
  const columns: Column<CloudNetwork>[] = [
    { title: 'NAME', text: (one) => one.name, least: 12 },
    { title: 'ID', text: (one) => one.id },
    { title: 'TYPE', text: (one) => one.type ?? '-' },
    { title: 'STATE', text: (one) => one.state ?? '-' },
    { title: 'ADDRESSES', text: (one) => one.cidr ?? '-' },
    { title: 'USE', text: (one) => (one.is_default ? 'default' : '') },
  ];
  return table(columns, networks, sheet);
}

export function mappingTable(mappings: readonly Mapping[], sheet: Sheet): string[] {
  const columns: Column<Mapping>[] = [
    { title: 'VM', text: (one) => one.vm_id, least: 12 },
    { title: 'NETWORK', text: (one) => one.source_network_name, least: 12 },
    { title: 'FOR', text: (one) => (one.is_test_network ? 'test' : 'live') },
    { title: 'LEADS TO', text: (one) => one.destination_network_name, least: 12 },
    { title: 'CONTEXT', text: (one) => one.vm_context_id ?? '-', least: 12, paint: sheet.paint.dim },
  ];
  return table(columns, mappings, sheet);
}
