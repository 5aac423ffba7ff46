import { link } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateSession } from '../contract.ts';
import { errnoOf } from '../durable-files.ts';
import { diskLineage } from '../index/lineage.ts';
import type { FolderDisk, FolderRecord } from '../session/record.ts';
import type { Outcome } from '../session/source-kind.ts';

/** What a session of kind folder compares its disks with, and what remains of it for the next one. */

/**
 * Makes each disk answer for the changeId that is asked now: mode, reason and the base index beside the frozen disk
 * (a hard link, so that it stays whatever happens to the lineage). `folder` holds the disks' index files.
 */
export async function withBases(
  place: { indexes: string; folder: string; vmUuid: string },
  disks: readonly FolderDisk[],
  asked: CreateSession['disks'],
): Promise<FolderDisk[]> {
  const result: FolderDisk[] = [];
  for (const disk of disks) {
    const changeId = asked.find((one) => one.disk_id === disk.disk_id)?.change_id ?? null;
    result.push(await withBase(place, disk, changeId));
  }
  return result;
}

async function withBase(
  place: { indexes: string; folder: string; vmUuid: string },
  disk: FolderDisk,
  changeId: string | null,
): Promise<FolderDisk> {
  const full = { ...disk, asked_change_id: changeId, mode: 'full' as const, base_file: null };
  if (changeId === null) return { ...full, full_reason: null };
  if (changeId === disk.change_id) {
    // The job committed this very session and lost the answer: nothing has changed since.
    return { ...full, mode: 'incremental', full_reason: null, base_file: disk.index_file };
  }
  const lineage = diskLineage(place.indexes, { vm_uuid: place.vmUuid, disk_id: disk.disk_id });
  const base = await lineage.findBase(changeId, disk.capacity_bytes);
  if ('reason' in base) return { ...full, full_reason: base.reason };
  const name = `${disk.index_file}.base-${changeId.slice(changeId.lastIndexOf('/') + 1)}`;
  try {
    await link(base.path, join(place.folder, name));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown;
  }
  return { ...full, mode: 'incremental', full_reason: null, base_file: name };
}

/**
 * What remains of a session's indexes. committed: they answer for the OMA from now on, and older ones go. discarded:
 * nothing but the places in older ones where it may have been written to the target. unknown: that, and kept in case
 * the OMA committed them and could not say so.
 */
export async function settleIndexes(
  place: { indexes: string; folder: string },
  record: FolderRecord,
  outcome: Outcome,
): Promise<void> {
  const lineages = record.disks.map((disk) => ({
    disk,
    lineage: diskLineage(place.indexes, { vm_uuid: record.vm_uuid, disk_id: disk.disk_id }),
  }));
  if (outcome !== 'committed') {
    for (const { disk, lineage } of lineages) await lineage.taint(join(place.folder, disk.index_file), disk.change_id);
  }
  if (outcome === 'discarded') return;
  // All are kept before any older one goes.
  for (const { disk, lineage } of lineages) await lineage.keep(join(place.folder, disk.index_file), disk.change_id);
  for (const { disk, lineage } of lineages) {
    if (outcome === 'committed') await lineage.acknowledge(disk.change_id);
    else await lineage.prune();
  }
}
