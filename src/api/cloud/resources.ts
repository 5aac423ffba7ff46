import type { CallOptions, CloudStackClient } from '../../cloudstack/client.ts';
import { ownAccount } from '../../cloudstack/accounts.ts';
import { listDomains, type Domain } from '../../cloudstack/domains.ts';
import { ifPermitted } from '../../cloudstack/permitted.ts';
import { listNetworks, type Network } from '../../cloudstack/networks.ts';
import {
  listDiskOfferings,
  listServiceOfferings,
  type DiskOffering,
  type ServiceOffering,
} from '../../cloudstack/offerings.ts';
import { listTemplates, type Template } from '../../cloudstack/templates.ts';
import { listZones, type Zone } from '../../cloudstack/zones.ts';
import { notFound } from '../../base/errors.ts';
import { isOffered } from '../../domain/cloud-checks.ts';
import { byName } from './page.ts';
import {
  presentDiskOffering,
  presentNetwork,
  presentServiceOffering,
  presentTemplate,
  presentZone,
} from './present.ts';

/** Everything that a configuration is made of, as this account sees it. */
export interface CloudResources {
  readonly zones: readonly Zone[];
  readonly domains: readonly Domain[];
  /** Ready and below 2 GiB. */
  readonly templates: readonly Template[];
  readonly serviceOfferings: readonly ServiceOffering[];
  readonly diskOfferings: readonly DiskOffering[];
  readonly networks: readonly Network[];
}

/** @throws notFound `cloudstack.domain-unknown`: this account sees no domain of this path, name or id; and as its parts */
export async function readResources(
  client: CloudStackClient,
  domain: string | null | undefined,
  options: CallOptions,
): Promise<CloudResources> {
  const [zones, domains, serviceOfferings, diskOfferings, networks] = await Promise.all([
    listZones(client, options),
    seenDomains(client, options),
    listServiceOfferings(client, {}, options),
    listDiskOfferings(client, {}, options),
    listNetworks(client, {}, options),
  ]);
  if (typeof domain === 'string') assertSeen(domains, domain);
  const templates = await Promise.all(zones.map((zone) => listTemplates(client, { zoneId: zone.id }, options)));
  return {
    zones: byName(zones),
    domains: domains.toSorted((one, other) => (pathOf(one) > pathOf(other) ? 1 : -1)),
    templates: byName(templates.flat().filter(isOffered)),
    serviceOfferings: byName(serviceOfferings),
    diskOfferings: byName(diskOfferings),
    networks: byName(networks),
  };
}

/** Ordinary users may not list domains, and see their own. */
async function seenDomains(client: CloudStackClient, options: CallOptions): Promise<Domain[]> {
  const seen = await ifPermitted(() => listDomains(client, {}, options));
  if (seen !== undefined) return seen;
  const { domainId, domainPath } = await ownAccount(client, options);
  return domainId === undefined ? [] : [{ id: domainId, path: domainPath, name: domainPath?.split('/').at(-1) ?? '' }];
}

/** More would not help a person to choose. */
const NAMED_MAX = 20;

const pathOf = ({ path, name }: Domain): string => path ?? name;

function assertSeen(domains: readonly Domain[], wanted: string): void {
  const word = wanted.toLowerCase();
  if (domains.some((domain) => [domain.id, domain.name, pathOf(domain)].some((one) => one.toLowerCase() === word)))
    return;
  throw notFound('cloudstack.domain-unknown', `this account sees no domain ${wanted}`, {
    hint: `it sees ${domains.slice(0, NAMED_MAX).map(pathOf).join(', ')}`,
  });
}

/** Without the domains. */
export function presentResources(resources: CloudResources, defaultId: string | null): Record<string, unknown> {
  const { zones, templates, serviceOfferings, diskOfferings, networks } = resources;
  return {
    zones: zones.map(presentZone),
    templates: templates.map(presentTemplate),
    service_offerings: serviceOfferings.map(presentServiceOffering),
    disk_offerings: diskOfferings.map(presentDiskOffering),
    networks: networks.map((network) => presentNetwork(network, { zones, defaultId })),
  };
}
