import type { VmSnapshot } from '../../vsphere/inventory/snapshot-tree.ts';

/** Whose a snapshot is. Pure. Name and first line of the description must both say it: then it is ours and nobody else's. */

export interface SnapshotTag {
  readonly installationId: string;
  readonly jobId: string;
  /** Of the job's run that had it made. */
  readonly epoch: number;
}

export const snapshotName = ({ jobId, epoch }: SnapshotTag): string => `migratekit-${jobId}-${epoch}`;

export const tagLine = ({ installationId, jobId, epoch }: SnapshotTag): string =>
  `migratekit/${installationId}/${jobId}/${epoch}`;

export const snapshotDescription = (tag: SnapshotTag): string =>
  `${tagLine(tag)}\nTaken by MigrateKit OSSEA to replicate this VM, and removed by it when the replication ends.`;

/** Undefined where the snapshot is not ours, of whatever installation. */
export function readTag({ name, description }: Pick<VmSnapshot, 'name' | 'description'>): SnapshotTag | undefined {
  const [line = ''] = description.split(/\r?\n/, 1);
  const match = /^migratekit\/([^/]+)\/([^/]+)\/([1-9]\d{0,8})$/.exec(line);
  const [, installationId, jobId, digits] = match ?? [];
  if (installationId === undefined || jobId === undefined || digits === undefined) return undefined;
  const tag = { installationId, jobId, epoch: Number(digits) };
  return snapshotName(tag) === name ? tag : undefined;
}

export const isSameTag = (one: SnapshotTag | undefined, other: SnapshotTag): boolean =>
  one !== undefined && tagLine(one) === tagLine(other);
