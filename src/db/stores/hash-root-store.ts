import type { Knex } from '../knex.ts';
import { DiskHashRoot } from '../models/disk-hash-roots.ts';

export interface StoredHashRoot {
  readonly gibIndex: number;
  /** 16 hexadecimal digits. */
  readonly root: string;
  readonly dataBytes: number;
  readonly zeroBytes: number;
}

/** A disk of 10 TiB has ten times as many. */
const ROWS_AT_ONCE = 1_000;

/** Replaces those of the disk, in the caller's transaction, which must hold the job's row. */
export async function saveHashRoots(
  trx: Knex.Transaction,
  of: { readonly vmDiskId: number; readonly jobId: string },
  roots: readonly StoredHashRoot[],
): Promise<void> {
  await DiskHashRoot.query(trx).delete().where({ vm_disk_id: of.vmDiskId });
  for (let at = 0; at < roots.length; at += ROWS_AT_ONCE) {
    const rows = roots.slice(at, at + ROWS_AT_ONCE).map((root) => ({
      vm_disk_id: of.vmDiskId,
      gib_index: root.gibIndex,
      job_id: of.jobId,
      root: root.root,
      data_bytes: root.dataBytes,
      zero_bytes: root.zeroBytes,
    }));
    await trx('disk_hash_roots').insert(rows);
  }
}

/** Of the disk's last fully verified cycle, ascending. */
export async function listHashRoots(db: Knex, vmDiskId: number): Promise<(StoredHashRoot & { jobId: string })[]> {
  const rows = await DiskHashRoot.query(db).where({ vm_disk_id: vmDiskId }).orderBy('gib_index');
  return rows.map(({ gibIndex, jobId, root, dataBytes, zeroBytes }) => ({
    gibIndex,
    jobId,
    root,
    dataBytes,
    zeroBytes,
  }));
}
