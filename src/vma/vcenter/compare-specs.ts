import { formatBytes, GiB } from '../../base/units.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import type { DiscoveredNetwork, DiscoveredVm, SpecChange } from '../vcenter-contract.ts';

/** What differs between a VM as it was stored and as it is. What one of the two does not know is no difference. Pure. */

export interface ToldChange extends SpecChange {
  /** For a person. */
  readonly text: string;
}

export type StoredVm = SourceVm & {
  readonly firmware?: string | null | undefined;
  readonly secure_boot?: boolean | null | undefined;
};

/** The order is that of the fields below, then disks, then networks. */
export function compareSpecs(stored: StoredVm, current: DiscoveredVm): ToldChange[] {
  return [
    ...compareFields(stored, current),
    ...compareDisks(stored.disks, current.disks),
    ...compareNetworks(stored.networks, current.networks),
  ];
}

const FIELDS = [
  ['name', 'name'],
  ['path', 'path'],
  ['cpus', 'processors'],
  ['memory_mb', 'memory in MiB'],
  ['firmware', 'firmware'],
  ['secure_boot', 'secure boot'],
  ['os_type', 'guest system'],
  ['vmx_version', 'virtual hardware'],
] as const;

const compareFields = (stored: StoredVm, current: DiscoveredVm): ToldChange[] =>
  FIELDS.flatMap(([field, words]) => changed({ field, words }, stored[field], current[field]));

interface Named {
  readonly field: string;
  readonly words: string;
}

type Known = string | number | boolean;

function changed({ field, words }: Named, stored: Known | null | undefined, current: Known | null): ToldChange[] {
  if (stored === null || stored === undefined || current === null || stored === current) return [];
  return [{ field, kind: 'changed', stored, current, text: `${words}: ${String(stored)} became ${String(current)}` }];
}

type StoredDisk = SourceVm['disks'][number];
type CurrentDisk = DiscoveredVm['disks'][number];

function compareDisks(stored: readonly StoredDisk[], current: readonly CurrentDisk[]): ToldChange[] {
  const before = new Map(stored.map((disk) => [disk.id, disk]));
  const now = new Map(current.map((disk) => [disk.id, disk]));
  const both = [...before].flatMap(([id, disk]) => {
    const same = now.get(id);
    return same === undefined ? [goneDisk(disk)] : compareDisk(disk, same);
  });
  return [...both, ...current.filter((disk) => !before.has(disk.id)).map(newDisk)];
}

function goneDisk(disk: StoredDisk): ToldChange {
  const bytes = storedBytes(disk);
  return { field: fieldOf(disk), kind: 'removed', stored: bytes, current: null, text: `${disk.id} was removed` };
}

function newDisk(disk: CurrentDisk): ToldChange {
  const { capacity_bytes: bytes } = disk;
  const text = `${disk.id} of ${formatBytes(bytes)} was added`;
  return { field: fieldOf(disk), kind: 'added', stored: null, current: bytes, text };
}

function compareDisk(stored: StoredDisk, current: CurrentDisk): ToldChange[] {
  const datastore = { field: `${fieldOf(current)}.datastore`, words: `datastore of ${current.id}` };
  return [...compareSize(stored, current), ...changed(datastore, stored.datastore, current.datastore)];
}

function compareSize(stored: StoredDisk, current: CurrentDisk): ToldChange[] {
  const before = storedBytes(stored);
  // Where whole GiB are all that was stored, a part of one is no difference.
  const now = isExact(stored) ? current.capacity_bytes : current.size_gb * GiB;
  if (before === now) return [];
  const text = `${current.id} ${now > before ? 'grew' : 'shrank'} from ${formatBytes(before)} to ${formatBytes(now)}`;
  const field = `${fieldOf(current)}.capacity_bytes`;
  return [{ field, kind: 'changed', stored: before, current: current.capacity_bytes, text }];
}

const isExact = (disk: StoredDisk): boolean => disk.capacity_bytes !== null && disk.capacity_bytes !== undefined;
const storedBytes = (disk: StoredDisk): number => disk.capacity_bytes ?? (disk.size_gb ?? 0) * GiB;
const fieldOf = (disk: { readonly id: string }): string => `disks.${disk.id}`;

type StoredNetwork = SourceVm['networks'][number];

function compareNetworks(stored: readonly StoredNetwork[], current: readonly DiscoveredNetwork[]): ToldChange[] {
  const left = [...current];
  const both = stored.flatMap((adapter) => {
    const at = left.findIndex((other) => isSameAdapter(adapter, other));
    const [same] = at === -1 ? [] : left.splice(at, 1);
    return same === undefined ? [goneAdapter(adapter)] : compareAdapter(adapter, same);
  });
  return [...both, ...left.map(newAdapter)];
}

/** By its address, which a VM keeps; by its name where none was stored. */
function isSameAdapter(stored: StoredNetwork, current: DiscoveredNetwork): boolean {
  const address = stored.mac_address?.toLowerCase();
  if (address !== undefined && current.mac_address !== null) return address === current.mac_address;
  return stored.label !== null && stored.label !== undefined && stored.label === current.label;
}

function compareAdapter(stored: StoredNetwork, current: DiscoveredNetwork): ToldChange[] {
  const name = adapterName(current);
  const network = { field: `networks.${name}.network_name`, words: `network of ${name}` };
  const type = { field: `networks.${name}.adapter_type`, words: `kind of ${name}` };
  return [
    ...changed(network, networkOf(stored), current.network_name),
    ...changed(type, stored.adapter_type?.toLowerCase(), current.adapter_type),
  ];
}

function goneAdapter(adapter: StoredNetwork): ToldChange {
  const name = adapterName(adapter);
  const text = `${name} was removed`;
  return { field: `networks.${name}`, kind: 'removed', stored: networkOf(adapter) ?? null, current: null, text };
}

function newAdapter(adapter: DiscoveredNetwork): ToldChange {
  const name = adapterName(adapter);
  const network = adapter.network_name;
  const text = `${name} was added${network === null ? '' : `, to ${network}`}`;
  return { field: `networks.${name}`, kind: 'added', stored: null, current: network, text };
}

const networkOf = (adapter: StoredNetwork): string | null | undefined => adapter.network_name ?? adapter.name;

const adapterName = (adapter: StoredNetwork | DiscoveredNetwork): string =>
  adapter.mac_address?.toLowerCase() ?? adapter.label ?? 'an adapter';
