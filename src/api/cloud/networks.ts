import { listNetworks, type Network } from '../../cloudstack/networks.ts';
import { listServiceOfferings, type ServiceOffering } from '../../cloudstack/offerings.ts';
import { listZones, type Zone } from '../../cloudstack/zones.ts';
import { conflict, notFound } from '../../base/errors.ts';
import { askCloud, type StoredCloudAccount } from './account.ts';

/** What the cloud of a stored configuration has in its zone. */

export interface ZoneNetworks {
  readonly networks: readonly Network[];
  readonly zones: readonly Zone[];
  /** The network_id of the configuration. */
  readonly defaultId: string | null;
}

/** @throws the errors of CLOUD_REFUSALS */
export async function zoneNetworks(account: StoredCloudAccount): Promise<ZoneNetworks> {
  const { zone, networkId } = account.config;
  return askCloud(account, async (client, options) => {
    const [networks, zones] = await Promise.all([
      listNetworks(client, { zoneId: zone }, options),
      listZones(client, options),
    ]);
    return { networks, zones, defaultId: networkId };
  });
}

/** @throws the errors of CLOUD_REFUSALS */
export const zoneServiceOfferings = (account: StoredCloudAccount): Promise<ServiceOffering[]> =>
  askCloud(account, (client, options) => listServiceOfferings(client, { zoneId: account.config.zone }, options));

/**
 * The network of this id, or else of this name, letter by letter.
 * @throws notFound `cloudstack.network-unknown`; conflict `cloudstack.network-ambiguous`: several have the name
 */
export function networkCalled(networks: readonly Network[], word: string): Network {
  const byId = networks.find(({ id }) => id === word);
  if (byId !== undefined) return byId;
  const named = networks.filter(({ name }) => name === word);
  const [only, ...others] = named;
  if (only === undefined) {
    throw notFound('cloudstack.network-unknown', `the zone has no network ${word} that VMs can be put into`, {
      hint: 'GET /api/v1/networks/available lists them; upper and lower case make a difference',
    });
  }
  if (others.length === 0) return only;
  throw conflict('cloudstack.network-ambiguous', `${named.length} networks of the zone are called ${word}`, {
    details: { errors: named.map(({ id, cidr }) => ({ path: 'network_name', message: `${id} ${cidr ?? ''}`.trim() })) },
    hint: 'use the id of one of them; errors lists them',
  });
}
