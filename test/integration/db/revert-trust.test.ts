import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inTransaction } from '../../../src/db/knex.ts';
import { noteSnapshot, trustReverted } from '../../../src/db/stores/volume-snapshot-store.ts';
import { distrustContents } from '../../../src/db/stores/volume-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeContext, makeDisk, makeJob, makeReplicationJob, makeVolume } from '../../support/factories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

type Columns = Readonly<Record<string, unknown>>;

interface DiskState {
  readonly target: number;
  readonly committed: number;
  readonly dirty: Date | null;
}

interface Subject {
  readonly volumeId: string;
  change(columns: Columns): Promise<void>;
  disk(): Promise<DiskState>;
  /** What a revert to this snapshot does to the rows: distrusted before the order, judged after it. */
  revert(snapshotId: string): Promise<boolean>;
}

/** A disk at generation 3 that was committed so, and a snapshot `s-1` that was made of its volume then. */
async function snapshotted(columns: Columns = {}): Promise<Subject> {
  const db = database.knex;
  const { context_id: contextId } = await makeContext(db);
  const { id: jobId } = await makeJob(db);
  await makeReplicationJob(db, contextId, { id: jobId });
  const volume = await makeVolume(db, { vm_context_id: contextId });
  const disk = await makeDisk(
    db,
    { contextId, jobId },
    { ossea_volume_id: volume.id, target_generation: 3, committed_generation: 3, disk_change_id: 'a/1', ...columns },
  );
  const { volume_id: volumeId } = volume;
  await inTransaction(db, async (trx) => {
    await noteSnapshot(trx, volumeId, { snapshotId: null, name: 'of a failover', contents: 'as-now' });
    await noteSnapshot(trx, volumeId, { snapshotId: 's-1', status: 'ready' });
  });
  return {
    volumeId,
    change: async (change) => void (await db('vm_disks').where('id', disk.id).update(change)),
    async disk() {
      const [row] = await db('vm_disks')
        .where('id', disk.id)
        .select<DiskState[]>({ target: 'target_generation', committed: 'committed_generation', dirty: 'dirty_since' });
      if (row === undefined) throw new Error('the disk is gone');
      return row;
    },
    revert: (snapshotId) =>
      inTransaction(db, async (trx) => {
        await distrustContents(trx, volumeId, 'set back');
        return trustReverted(trx, volumeId, snapshotId);
      }),
  };
}

describe('a disk whose volume was set back', () => {
  test('is what its changeId claims again, in a generation that nobody has had, as often as it is set back', async () => {
    const subject = await snapshotted();
    await inTransaction(database.knex, (trx) => distrustContents(trx, subject.volumeId, 'attached to a VM'));
    await subject.change({ dirty_since: new Date() });

    await expect(subject.revert('s-1')).resolves.toBe(true);
    await expect(subject.disk()).resolves.toEqual({ target: 5, committed: 5, dirty: null });
    await expect(subject.revert('s-1')).resolves.toBe(true);
    await expect(subject.disk()).resolves.toEqual({ target: 6, committed: 6, dirty: null });
  });

  test.each<{ why: string; before?: Columns; meanwhile?: Columns; snapshotId?: string }>([
    { why: 'a later cycle has committed since', meanwhile: { disk_change_id: 'a/2' } },
    { why: 'it was copied anew since', meanwhile: { target_generation: 4, committed_generation: 4 } },
    { why: 'the snapshot is another one than the followed', snapshotId: 's-2' },
    { why: 'nobody could say what was on it when the snapshot was made', before: { target_generation: 4 } },
    { why: 'a cycle had begun to write when the snapshot was made', before: { dirty_since: new Date() } },
    { why: 'its changes are not tracked', before: { disk_change_id: null } },
  ])('stays distrusted when $why', async ({ before, meanwhile, snapshotId = 's-1' }) => {
    const subject = await snapshotted(before);
    if (meanwhile !== undefined) await subject.change(meanwhile);

    await expect(subject.revert(snapshotId)).resolves.toBe(false);
    const { target, committed } = await subject.disk();
    expect(committed).not.toBe(target);
  });
});
