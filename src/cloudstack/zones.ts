import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientBoolean, lenientString } from './fields.ts';
import { list } from './read.ts';

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** Basic or Advanced. */
  readonly networkType: string | undefined;
  /** Enabled or Disabled. */
  readonly allocationState: string | undefined;
  readonly localStorage: boolean | undefined;
  readonly securityGroups: boolean | undefined;
}

const zoneSchema = z
  .object({
    id,
    name: lenientString,
    networktype: lenientString,
    allocationstate: lenientString,
    localstorageenabled: lenientBoolean,
    securitygroupsenabled: lenientBoolean,
  })
  .transform((row): Zone => ({
    id: row.id,
    name: row.name ?? '',
    networkType: row.networktype,
    allocationState: row.allocationstate,
    localStorage: row.localstorageenabled,
    securityGroups: row.securitygroupsenabled,
  }));

/** Zones that this key may use. */
export async function listZones(client: CloudStackClient, options: CallOptions = {}): Promise<Zone[]> {
  return list(client, 'listZones', { parameters: { available: 'true' }, item: zoneSchema, ...options });
}
