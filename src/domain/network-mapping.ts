import { z } from 'zod';

/** Which networks of a VM are mapped, for live and for test failovers apart. Pure. */

/** One mapping, as far as it is judged. */
export interface MappedNetwork {
  readonly sourceNetworkName: string;
  readonly destinationNetworkId: string;
  readonly isTestNetwork: boolean;
}

const Inventory = z.object({
  networks: z.array(z.object({ network_name: z.string().nullish() })).catch([]),
});

/** Names of the networks that the source says the VM is in, each once; none where it says nothing. */
export function sourceNetworks(inventory: unknown): string[] {
  const parsed = Inventory.safeParse(inventory);
  const names = (parsed.data?.networks ?? []).map((network) => network.network_name ?? '');
  return [...new Set(names.filter((name) => name !== ''))].toSorted();
}

export type ReadinessLevel = 'none' | 'partial' | 'test' | 'live' | 'full';

export interface MappingStatus {
  readonly total: number;
  readonly live: number;
  readonly test: number;
  readonly sourceNetworks: readonly string[];
  readonly unmappedLive: readonly string[];
  readonly unmappedTest: readonly string[];
  /** Each network of the VM is mapped for a live failover. */
  readonly isComplete: boolean;
  /** Each network of the VM is mapped for a test failover. */
  readonly isTestComplete: boolean;
  readonly readiness: ReadinessLevel;
}

/** Where the networks of the VM are not known, one mapping counts as all: nobody can say what is missing. */
export function mappingStatus(networks: readonly string[], mappings: readonly MappedNetwork[]): MappingStatus {
  const namesOf = (isTest: boolean): ReadonlySet<string> =>
    new Set(mappings.filter((one) => one.isTestNetwork === isTest).map((one) => one.sourceNetworkName));
  const [live, test] = [namesOf(false), namesOf(true)];
  const missingIn = (mapped: ReadonlySet<string>): string[] => networks.filter((name) => !mapped.has(name));
  const isCovered = (mapped: ReadonlySet<string>): boolean => mapped.size > 0 && missingIn(mapped).length === 0;
  const [isComplete, isTestComplete] = [isCovered(live), isCovered(test)];
  return {
    total: mappings.length,
    live: live.size,
    test: test.size,
    sourceNetworks: networks,
    unmappedLive: missingIn(live),
    unmappedTest: missingIn(test),
    isComplete,
    isTestComplete,
    readiness: readinessOf({ isComplete, isTestComplete, isEmpty: mappings.length === 0 }),
  };
}

function readinessOf(is: {
  readonly isComplete: boolean;
  readonly isTestComplete: boolean;
  readonly isEmpty: boolean;
}): ReadinessLevel {
  if (is.isComplete && is.isTestComplete) return 'full';
  if (is.isComplete) return 'live';
  if (is.isTestComplete) return 'test';
  return is.isEmpty ? 'none' : 'partial';
}

/**
 * The mappings of the other kind that lead to the same network: a test that reaches the network of the live VM puts two
 * machines of one name and address there.
 */
export const sharedWithOtherKind = (
  mappings: readonly MappedNetwork[],
  wanted: Pick<MappedNetwork, 'destinationNetworkId' | 'isTestNetwork'>,
): MappedNetwork[] =>
  mappings.filter(
    (one) => one.isTestNetwork !== wanted.isTestNetwork && one.destinationNetworkId === wanted.destinationNetworkId,
  );
