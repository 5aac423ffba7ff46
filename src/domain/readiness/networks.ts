import type { FailoverNetwork } from '../failover/options.ts';
import type { MappingFacts, StoredFacts } from './facts.ts';

/** Where each adapter of a VM leads in a failover. */
export interface PlannedNetworks {
  /** One per adapter, in their order; where the source says nothing of adapters, one per mapping. */
  readonly networks: readonly FailoverNetwork[];
  /** Source networks that lead nowhere, each once. */
  readonly unmapped: readonly string[];
}

/**
 * Where the networks of the VM lead in a failover of this type: as the request says (source network to destination),
 * else as its mappings of that type say. The other type's mappings never stand in.
 */
export function planNetworks(
  facts: Pick<StoredFacts, 'vm' | 'mappings'>,
  asked: { readonly type: 'live' | 'test'; readonly custom?: Readonly<Record<string, string>> | undefined },
): PlannedNetworks {
  const ofType = facts.mappings.filter((mapping) => mapping.isTestNetwork === (asked.type === 'test'));
  const destinations = new Map([...ofType.map(pairOf), ...Object.entries(asked.custom ?? {})]);
  const adapters = facts.vm.adapters.length > 0 ? facts.vm.adapters : [...destinations.keys()].map(adapterOf);
  const networks = adapters.flatMap(({ networkName, macAddress }): FailoverNetwork[] => {
    const destinationNetworkId = destinations.get(networkName);
    if (destinationNetworkId === undefined) return [];
    const mac = macAddress === null ? {} : { macAddress };
    return [{ sourceNetworkName: networkName, destinationNetworkId, ...mac }];
  });
  const unmapped = adapters.map(({ networkName }) => networkName).filter((name) => !destinations.has(name));
  return { networks, unmapped: [...new Set(unmapped)] };
}

const pairOf = (mapping: MappingFacts): [string, string] => [mapping.sourceNetworkName, mapping.destinationNetworkId];
const adapterOf = (networkName: string) => ({ networkName, macAddress: null });

/** The same of a failover whose networks were settled when it was accepted. */
export function settledNetworks(facts: Pick<StoredFacts, 'vm'>, networks: readonly FailoverNetwork[]): PlannedNetworks {
  const mapped = new Set(networks.map((network) => network.sourceNetworkName));
  const names = facts.vm.adapters.map((adapter) => adapter.networkName).filter((name) => !mapped.has(name));
  return { networks, unmapped: [...new Set(names)] };
}
