import { z } from 'zod';
import { notFound, toAppError } from '../base/errors.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientNumber, lenientString } from './fields.ts';
import { pendingJobId } from './pending-jobs.ts';
import { list } from './read.ts';

/** Reading CloudStack volumes. What changes them is in volume-changes.ts. */

export interface Volume {
  readonly id: string;
  readonly name: string;
  /** ROOT or DATADISK. */
  readonly type: string;
  /** Allocated (no storage yet), Ready, Creating, Attaching, Destroy, Expunged, ... */
  readonly state: string;
  /** Bytes; whole GiB. Undefined when the server does not say: then check the device instead. */
  readonly sizeBytes: number | undefined;
  readonly zoneId: string | undefined;
  readonly diskOfferingId: string | undefined;
  /** The VM that it is attached to; undefined when it is detached. */
  readonly vmId: string | undefined;
  readonly vmName: string | undefined;
  /** Place at that VM; 0 is the root disk. */
  readonly deviceId: number | undefined;
  readonly storageId: string | undefined;
  readonly storageName: string | undefined;
  readonly account: string | undefined;
  /** The async job that works on it at the moment. */
  readonly pendingJobId: string | undefined;
}

const volumeSchema = z
  .object({
    id,
    name: lenientString,
    type: lenientString,
    state: lenientString,
    size: lenientNumber,
    zoneid: lenientString,
    diskofferingid: lenientString,
    virtualmachineid: lenientString,
    vmname: lenientString,
    deviceid: lenientNumber,
    storageid: lenientString,
    storage: lenientString,
    account: lenientString,
    jobid: lenientString,
    jobstatus: lenientNumber,
  })
  .transform((row): Volume => ({
    id: row.id,
    name: row.name ?? '',
    type: row.type ?? '',
    state: row.state ?? '',
    sizeBytes: row.size,
    zoneId: row.zoneid,
    diskOfferingId: row.diskofferingid,
    vmId: row.virtualmachineid,
    vmName: row.vmname,
    deviceId: row.virtualmachineid === undefined ? undefined : row.deviceid,
    storageId: row.storageid,
    storageName: row.storage,
    account: row.account,
    pendingJobId: pendingJobId(row),
  }));

/** States in which a volume only remains as a line of the books. Source: Volume.State of Apache CloudStack. */
const GONE: ReadonlySet<string> = new Set(['Expunging', 'Expunged', 'Destroyed']);

export interface VolumeFilter {
  readonly id?: string;
  readonly vmId?: string;
  /** Exact; some versions search for a part of the name, so the answer is looked through again. */
  readonly name?: string;
  readonly zoneId?: string;
  readonly type?: 'ROOT' | 'DATADISK';
}

/** Volumes that this API key may see. One that CloudStack has expunged is not among them. */
export async function listVolumes(
  client: CloudStackClient,
  filter: VolumeFilter = {},
  options: CallOptions = {},
): Promise<Volume[]> {
  const { vmId, zoneId, ...same } = filter;
  const parameters = {
    listall: 'true',
    ...same,
    ...(vmId === undefined ? {} : { virtualmachineid: vmId }),
    ...(zoneId === undefined ? {} : { zoneid: zoneId }),
  };
  const volumes = await list(client, 'listVolumes', { parameters, item: volumeSchema, ...options });
  return volumes.filter(
    (volume) => !GONE.has(volume.state) && (filter.name === undefined || volume.name === filter.name),
  );
}

/** The volume, or undefined when it does not exist (or this API key may not see it: CloudStack does not tell which). */
export async function findVolume(
  client: CloudStackClient,
  volumeId: string,
  options: CallOptions = {},
): Promise<Volume | undefined> {
  try {
    const found = await listVolumes(client, { id: volumeId }, options);
    return found.find((volume) => volume.id === volumeId);
  } catch (thrown) {
    if (toAppError(thrown).code === 'cloudstack.not-found') return undefined;
    throw thrown;
  }
}

/** @throws not-found `cloudstack.volume-not-found`. */
export async function getVolume(
  client: CloudStackClient,
  volumeId: string,
  options: CallOptions = {},
): Promise<Volume> {
  const volume = await findVolume(client, volumeId, options);
  if (volume !== undefined) return volume;
  throw notFound('cloudstack.volume-not-found', `volume ${volumeId} does not exist in cloudstack`, {
    hint: 'it was deleted, or the account of this API key may not see it',
    details: { volumeId },
  });
}
