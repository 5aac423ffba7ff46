import { z } from 'zod';
import { jobRow, snapshotRow, vmRow, vmSnapshotRow, volumeRow } from './rows-made.ts';
import {
  accountRow,
  diskOfferingRow,
  domainRow,
  id,
  networkRow,
  serviceOfferingRow,
  templateRow,
  zoneRow,
} from './rows-offered.ts';

/** Everything that the simulated cloud remembers: one JSON document. Plain rows, changed in place by the commands. */

const worldSchema = z.object({
  version: z.literal(2),
  /** The root domain. */
  domainId: id,
  storageId: id,
  /** The appliances, in the order of their device folders. */
  omaVmIds: z.array(id).min(1),
  /** Volumes per VM besides the root disk. */
  dataVolumesMax: z.int().positive(),
  /** Global settings that differ from their defaults; see settings.ts. */
  settings: z.record(z.string(), z.string()).default({}),
  domains: z.array(domainRow).default([]),
  zones: z.array(zoneRow),
  diskOfferings: z.array(diskOfferingRow),
  serviceOfferings: z.array(serviceOfferingRow),
  networks: z.array(networkRow),
  templates: z.array(templateRow),
  accounts: z.array(accountRow),
  vms: z.array(vmRow),
  volumes: z.array(volumeRow),
  snapshots: z.array(snapshotRow).default([]),
  vmSnapshots: z.array(vmSnapshotRow),
  jobs: z.array(jobRow),
  /** Of rows that were removed: CloudStack keeps those, so that an id that was is told from one that never was. */
  formerIds: z.array(id).default([]),
});

export type World = z.output<typeof worldSchema>;
export type VmRow = z.output<typeof vmRow>;
export type VolumeRow = z.output<typeof volumeRow>;
export type SnapshotRow = z.output<typeof snapshotRow>;
export type VmSnapshotRow = z.output<typeof vmSnapshotRow>;
export type JobRow = z.output<typeof jobRow>;
export type AccountRow = z.output<typeof accountRow>;

/** A document of version 1: one appliance, and VM snapshots that were rows without bytes, which nobody could make. */
const documentOne = z.looseObject({ version: z.literal(1), omaVmId: id });

/** The world in a file, also of an older version. @throws ZodError for what is none. */
export function readWorld(text: string): World {
  const document: unknown = JSON.parse(text);
  const one = documentOne.safeParse(document);
  if (!one.success) return worldSchema.parse(document);
  const { omaVmId, ...rest } = one.data;
  return worldSchema.parse({ ...rest, version: 2, omaVmIds: [omaVmId], vmSnapshots: [] });
}
