import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientString } from './fields.ts';
import { list } from './read.ts';

export interface Domain {
  readonly id: string;
  readonly name: string;
  /** e.g. ROOT/customers/acme */
  readonly path: string | undefined;
}

const domainSchema = z
  .object({ id, name: lenientString, path: lenientString })
  .transform((row): Domain => ({ id: row.id, name: row.name ?? '', path: row.path }));

/** Domains that this API key may see; an ordinary user may be refused (`cloudstack.unauthorized`). */
export async function listDomains(
  client: CloudStackClient,
  filter: { readonly id?: string } = {},
  options: CallOptions = {},
): Promise<Domain[]> {
  return list(client, 'listDomains', { parameters: { listall: 'true', ...filter }, item: domainSchema, ...options });
}
