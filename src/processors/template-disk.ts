import type { CloudStackClient } from '../cloudstack/client.ts';
import { deleteVolume } from '../cloudstack/volume-changes.ts';
import { findVolume } from '../cloudstack/volumes.ts';

/**
 * Deletes the disk that its template gave the VM of a failover, where the failover took it off and stopped before it
 * deleted it. To be called when that VM is gone: what was still at it went with it, and an order to take it off that
 * nobody knew the end of has ended. One that is of a VM, or that somebody deletes already, is left alone.
 * @throws what CloudStack answers to the deletion
 */
export async function deleteLeftTemplateDisk(
  client: CloudStackClient,
  volumeId: string,
  signal: AbortSignal,
): Promise<void> {
  const disk = await findVolume(client, volumeId, { signal });
  if (disk?.vmId !== undefined || !AT_REST.has(disk?.state ?? '')) return;
  await deleteVolume(client, { volumeId }, { signal });
}

const AT_REST: ReadonlySet<string> = new Set(['Allocated', 'Ready']);
