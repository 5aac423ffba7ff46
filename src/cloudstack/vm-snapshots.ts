import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientBoolean, lenientDate, lenientString } from './fields.ts';
import { list } from './read.ts';

/** A snapshot of a whole VM. While one exists CloudStack neither attaches, detaches nor resizes volumes of that VM. */
export interface VmSnapshot {
  readonly id: string;
  readonly name: string;
  readonly vmId: string | undefined;
  /** Allocated, Creating, Ready, Reverting, Expunging, Removed, Error. */
  readonly state: string;
  /** Disk or DiskAndMemory. */
  readonly type: string | undefined;
  readonly createdAt: Date | undefined;
  /** The one that the VM was last made or reverted to. */
  readonly isCurrent: boolean | undefined;
}

const vmSnapshotSchema = z
  .object({
    id,
    name: lenientString,
    virtualmachineid: lenientString,
    state: lenientString,
    type: lenientString,
    created: lenientDate,
    current: lenientBoolean,
  })
  .transform((row): VmSnapshot => ({
    id: row.id,
    name: row.name ?? '',
    vmId: row.virtualmachineid,
    state: row.state ?? '',
    type: row.type,
    createdAt: row.created,
    isCurrent: row.current,
  }));

/** VM snapshots of one VM. */
export async function listVmSnapshots(
  client: CloudStackClient,
  { vmId }: { readonly vmId: string },
  options: CallOptions = {},
): Promise<VmSnapshot[]> {
  const parameters = { listall: 'true', virtualmachineid: vmId };
  // The only list whose command has no plural. Source: ListVMSnapshotCmd of Apache CloudStack.
  return list(client, 'listVMSnapshot', { parameters, item: vmSnapshotSchema, ...options });
}
