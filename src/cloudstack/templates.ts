import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientBoolean, lenientNumber, lenientString } from './fields.ts';
import { list } from './read.ts';

export interface Template {
  readonly id: string;
  readonly name: string;
  readonly zoneId: string | undefined;
  /** Downloaded in its zone: only then VMs can be made from it. */
  readonly ready: boolean;
  readonly hypervisor: string | undefined;
  readonly format: string | undefined;
  readonly osTypeId: string | undefined;
  readonly osTypeName: string | undefined;
  readonly sizeBytes: number | undefined;
}

const templateSchema = z
  .object({
    id,
    name: lenientString,
    zoneid: lenientString,
    isready: lenientBoolean,
    hypervisor: lenientString,
    format: lenientString,
    ostypeid: lenientString,
    ostypename: lenientString,
    size: lenientNumber,
  })
  .transform((row): Template => ({
    id: row.id,
    name: row.name ?? '',
    zoneId: row.zoneid,
    ready: row.isready ?? false,
    hypervisor: row.hypervisor,
    format: row.format,
    osTypeId: row.ostypeid,
    osTypeName: row.ostypename,
    sizeBytes: row.size,
  }));

/** Templates of one zone that this key may make VMs from: CloudStack gives one row per template and zone. */
export async function listTemplates(
  client: CloudStackClient,
  { zoneId }: { readonly zoneId: string },
  options: CallOptions = {},
): Promise<Template[]> {
  const parameters = { templatefilter: 'executable', listall: 'true', zoneid: zoneId };
  return list(client, 'listTemplates', { parameters, item: templateSchema, ...options });
}
