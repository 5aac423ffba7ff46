import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientString } from './fields.ts';
import { list } from './read.ts';

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly displayText: string | undefined;
  /** L2, Isolated or Shared. */
  readonly type: string | undefined;
  /** Allocated, Implemented, Setup, ... */
  readonly state: string | undefined;
  readonly zoneId: string | undefined;
  readonly vlan: string | undefined;
  readonly cidr: string | undefined;
  readonly gateway: string | undefined;
  /** The VPC that it is a tier of. */
  readonly vpcId: string | undefined;
}

const networkSchema = z
  .object({
    id,
    name: lenientString,
    displaytext: lenientString,
    type: lenientString,
    state: lenientString,
    zoneid: lenientString,
    vlan: lenientString,
    cidr: lenientString,
    gateway: lenientString,
    vpcid: lenientString,
  })
  .transform((row): Network => ({
    id: row.id,
    name: row.name ?? '',
    displayText: row.displaytext,
    type: row.type,
    state: row.state,
    zoneId: row.zoneid,
    vlan: row.vlan,
    cidr: row.cidr,
    gateway: row.gateway,
    vpcId: row.vpcid,
  }));

/** Networks of a zone, or of all zones, that VMs can be put into. */
export async function listNetworks(
  client: CloudStackClient,
  filter: { readonly zoneId?: string } = {},
  options: CallOptions = {},
): Promise<Network[]> {
  const parameters = {
    listall: 'true',
    canusefordeploy: 'true',
    ...(filter.zoneId === undefined ? {} : { zoneid: filter.zoneId }),
  };
  return list(client, 'listNetworks', { parameters, item: networkSchema, ...options });
}
