import type { CallOptions, CloudStackClient } from './client.ts';
import { listNetworks, type Network } from './networks.ts';
import { listServiceOfferings, type ServiceOffering } from './offerings.ts';
import { listTemplates, type Template } from './templates.ts';

/** What a zone has for the VM of a failover, as one account sees it. */
export interface FailoverOffer {
  readonly networks: readonly Network[];
  readonly serviceOfferings: readonly ServiceOffering[];
  readonly templates: readonly Template[];
}

export async function readFailoverOffer(
  client: CloudStackClient,
  { zoneId }: { readonly zoneId: string },
  options: CallOptions = {},
): Promise<FailoverOffer> {
  const [networks, serviceOfferings, templates] = await Promise.all([
    listNetworks(client, { zoneId }, options),
    listServiceOfferings(client, { zoneId }, options),
    listTemplates(client, { zoneId }, options),
  ]);
  return { networks, serviceOfferings, templates };
}
