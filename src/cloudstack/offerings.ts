import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientBoolean, lenientNumber, lenientString } from './fields.ts';
import { list } from './read.ts';

export interface DiskOffering {
  readonly id: string;
  readonly name: string;
  readonly displayText: string | undefined;
  /** Only a customized offering takes the size of a volume; replication needs one. */
  readonly customized: boolean;
  /** GiB; undefined or 0 when customized. */
  readonly diskSizeGiB: number | undefined;
  /** shared or local. */
  readonly storageType: string | undefined;
  /** thin, sparse or fat. */
  readonly provisioningType: string | undefined;
  readonly tags: string | undefined;
  readonly encrypted: boolean;
}

const diskOfferingSchema = z
  .object({
    id,
    name: lenientString,
    displaytext: lenientString,
    iscustomized: lenientBoolean,
    disksize: lenientNumber,
    storagetype: lenientString,
    provisioningtype: lenientString,
    tags: lenientString,
    encrypt: lenientBoolean,
  })
  .transform((row): DiskOffering => ({
    id: row.id,
    name: row.name ?? '',
    displayText: row.displaytext,
    customized: row.iscustomized ?? false,
    diskSizeGiB: row.disksize,
    storageType: row.storagetype,
    provisioningType: row.provisioningtype,
    tags: row.tags,
    encrypted: row.encrypt ?? false,
  }));

export interface ServiceOffering {
  readonly id: string;
  readonly name: string;
  readonly displayText: string | undefined;
  /** Undefined when the offering is customized. */
  readonly cpuNumber: number | undefined;
  readonly cpuSpeedMhz: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly customized: boolean;
  readonly storageType: string | undefined;
}

const serviceOfferingSchema = z
  .object({
    id,
    name: lenientString,
    displaytext: lenientString,
    cpunumber: lenientNumber,
    cpuspeed: lenientNumber,
    memory: lenientNumber,
    iscustomized: lenientBoolean,
    storagetype: lenientString,
  })
  .transform((row): ServiceOffering => ({
    id: row.id,
    name: row.name ?? '',
    displayText: row.displaytext,
    cpuNumber: row.cpunumber,
    cpuSpeedMhz: row.cpuspeed,
    memoryMiB: row.memory,
    customized: row.iscustomized ?? false,
    storageType: row.storagetype,
  }));

/** Disk offerings of a zone, or of all zones. */
export async function listDiskOfferings(
  client: CloudStackClient,
  filter: { readonly zoneId?: string } = {},
  options: CallOptions = {},
): Promise<DiskOffering[]> {
  return list(client, 'listDiskOfferings', { parameters: inZone(filter), item: diskOfferingSchema, ...options });
}

/** Compute offerings of a zone, or of all zones. */
export async function listServiceOfferings(
  client: CloudStackClient,
  filter: { readonly zoneId?: string } = {},
  options: CallOptions = {},
): Promise<ServiceOffering[]> {
  return list(client, 'listServiceOfferings', { parameters: inZone(filter), item: serviceOfferingSchema, ...options });
}

const inZone = ({ zoneId }: { readonly zoneId?: string }): Record<string, string> => ({
  listall: 'true',
  ...(zoneId === undefined ? {} : { zoneid: zoneId }),
});
