import type { ObjectProperties, PropertySpec } from '../property-collector.ts';
import { child, descend, flagIn, needInteger, refIn, textIn, typeOf } from '../soap/read.ts';
import type { XmlElement } from '../soap/xml.ts';
import { decodeName } from './names.ts';

/** Network adapters of a VM, and the names of what they are connected to. Pure. */

export const NETWORK_SPECS: readonly PropertySpec[] = [
  { type: 'Network', paths: ['name'] },
  // With the name again: a server may take only the nearest class of these.
  { type: 'DistributedVirtualPortgroup', paths: ['name', 'key'] },
  { type: 'OpaqueNetwork', paths: ['name', 'summary.opaqueNetworkId'] },
];

export interface NetworkAdapter {
  readonly key: number;
  readonly label: string | undefined;
  /** Class without `Virtual`, lower case: vmxnet3, e1000e, ... */
  readonly adapterType: string;
  /** Lower case, with colons. */
  readonly macAddress: string | undefined;
  readonly isConnected: boolean | undefined;
  readonly networkKind: 'standard' | 'distributed' | 'opaque' | 'unknown';
  /** Undefined where the network is gone, or this account may not see it. */
  readonly networkName: string | undefined;
}

/** Names of networks by whatever an adapter calls them by: id of the object, key of the port group, opaque id. */
export class NetworkNames {
  readonly #names = new Map<string, string>();

  /** True when it is a network, and so was taken. */
  take({ ref, properties }: ObjectProperties): boolean {
    if (!NETWORK_SPECS.some((spec) => spec.type === ref.type)) return false;
    const name = properties.get('name')?.text;
    if (name === undefined) return true;
    const keys = [ref.id, properties.get('key')?.text, properties.get('summary.opaqueNetworkId')?.text];
    for (const key of keys) if (key !== undefined) this.#names.set(key, decodeName(name));
    return true;
  }

  find(key: string | undefined): string | undefined {
    return key === undefined ? undefined : this.#names.get(key);
  }
}

/** The network adapters among `devices`, in their order: whatever has a hardware address. */
export function readNetworkAdapters(devices: readonly XmlElement[], names: NetworkNames): NetworkAdapter[] {
  return devices
    .filter((device) => child(device, 'macAddress') !== undefined || child(device, 'addressType') !== undefined)
    .map((device) => ({
      key: needInteger(device, 'key'),
      label: textIn(child(device, 'deviceInfo'), 'label'),
      adapterType: (typeOf(device) ?? 'unknown').replace(/^Virtual/, '').toLowerCase(),
      macAddress: textIn(device, 'macAddress')?.toLowerCase(),
      isConnected: flagIn(child(device, 'connectable'), 'connected'),
      ...networkOf(child(device, 'backing'), names),
    }));
}

type Connection = Pick<NetworkAdapter, 'networkKind' | 'networkName'>;

function networkOf(backing: XmlElement | undefined, names: NetworkNames): Connection {
  const type = (backing === undefined ? undefined : typeOf(backing)) ?? '';
  if (type.endsWith('DistributedVirtualPortBackingInfo')) {
    const key = descend(backing, 'port', 'portgroupKey')?.text;
    return { networkKind: 'distributed', networkName: names.find(key) };
  }
  if (type.endsWith('OpaqueNetworkBackingInfo')) {
    return { networkKind: 'opaque', networkName: names.find(textIn(backing, 'opaqueNetworkId')) };
  }
  if (type.endsWith('NetworkBackingInfo')) {
    const name = names.find(refIn(backing, 'network')?.id) ?? textIn(backing, 'deviceName');
    return { networkKind: 'standard', networkName: name };
  }
  return { networkKind: 'unknown', networkName: undefined };
}
