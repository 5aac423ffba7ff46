import type { Credential, FoundVm } from '../client/answers.ts';
import { localTime, size } from './format.ts';
import { type Column, type Sheet, table } from './table.ts';
import { plainText } from './text.ts';

/** Accounts of vCenters and what they show, as people read them. */

export function credentialTable(credentials: readonly Credential[], sheet: Sheet): string[] {
  const columns: Column<Credential>[] = [
    { title: 'NAME', text: (one) => one.credential_name, least: 12 },
    { title: 'VCENTER', text: (one) => one.vcenter_host, least: 8 },
    { title: 'USER', text: (one) => one.username, least: 8 },
    { title: 'DATACENTER', text: (one) => one.datacenter, least: 8 },
    { title: 'USE', text: (one) => (one.is_default ? 'default' : one.is_active ? 'active' : 'inactive') },
    { title: 'VMS', text: (one) => String(one.context_count), align: 'right' },
    { title: 'LAST USED', text: (one) => localTime(one.last_used) },
  ];
  return table(columns, credentials, sheet);
}

export function foundTable(vms: readonly FoundVm[], sheet: Sheet): string[] {
  const columns: Column<FoundVm>[] = [
    { title: 'STATE', text: (vm) => vm.state, paint: (text, vm) => paintState(sheet, vm.state)(text) },
    { title: 'NAME', text: (vm) => vm.name, least: 12 },
    { title: 'PATH', text: (vm) => vm.path, least: 12 },
    { title: 'POWER', text: (vm) => (vm.power_state ?? '-').replace('powered', '').toLowerCase() },
    { title: 'DISKS', text: (vm) => String(vm.disks.length), align: 'right' },
    { title: 'SIZE', text: (vm) => size(vm.disks.reduce((sum, disk) => sum + disk.capacity_bytes, 0)), align: 'right' },
    { title: 'NETWORKS', text: (vm) => networksOf(vm), least: 8 },
    { title: 'CONTEXT', text: (vm) => vm.context_id ?? '-', least: 12, paint: sheet.paint.dim },
  ];
  return table(columns, vms, sheet);
}

/** A line for each thing that a person should know. */
export const findingLines = (vms: readonly FoundVm[]): string[] =>
  vms.flatMap(({ name, findings }) => findings.map(({ message }) => plainText(`${name}: ${message}`)));

const networksOf = ({ networks }: FoundVm): string =>
  networks.length === 0 ? '-' : networks.map((network) => network.network_name ?? '?').join(', ');

function paintState({ paint }: Sheet, state: string): (text: string) => string {
  if (state === 'problem') return paint.bad;
  return state === 'new' ? paint.good : paint.dim;
}
