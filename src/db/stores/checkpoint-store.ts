import { z } from 'zod';
import type { CopyVerdict } from '../../domain/cbt/verdict.ts';
import type { Knex } from '../knex.ts';

/**
 * What of a disk's current cycle is written and flushed, and the way in which it is copied. A row counts only under its
 * key: the same source session and snapshot, the same changeIds, the same generation of the target, the same meaning of
 * `done`. Under another key it is as if there were none.
 */
export interface DiskCheckpoint {
  readonly verdict: CopyVerdict;
  /** The target had never been exported before this cycle began to write. */
  readonly fresh: boolean;
  /** Stretches of the disk in which nothing is left to do, [offset, length] in bytes: few, whatever is copied. */
  readonly done: readonly (readonly [offset: number, length: number])[];
  /** Bytes of data that went over the wire for them. */
  readonly copiedBytes: number;
}

const Reason = z.object({ code: z.string(), text: z.string() });

const Verdict = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('incremental'), since: z.string(), doubt: Reason.nullable() }),
  z.object({ mode: z.literal('compare'), reason: Reason }),
  z.object({ mode: z.literal('full'), extents: z.enum(['in-use', 'whole']), reason: Reason }),
]);

const Stored = z.object({
  verdict: Verdict,
  fresh: z.boolean(),
  done: z.array(z.tuple([z.int(), z.int()])),
  copied_bytes: z.int(),
});

interface Row {
  vm_disk_id: number;
  checkpoint_key: string;
  done: unknown;
}

export interface StoredCheckpoint extends DiskCheckpoint {
  readonly key: string;
}

/** The checkpoint of the disk; undefined also for one of a version that stored less. */
export async function loadCheckpoint(db: Knex, vmDiskId: number): Promise<StoredCheckpoint | undefined> {
  const row = await db<Row>('disk_checkpoints').where({ vm_disk_id: vmDiskId }).first('checkpoint_key', 'done');
  if (row === undefined) return undefined;
  const { success, data } = Stored.safeParse(typeof row.done === 'string' ? JSON.parse(row.done) : row.done);
  if (!success) return undefined;
  const { verdict, fresh, done, copied_bytes: copiedBytes } = data;
  return { key: row.checkpoint_key, verdict, fresh, done, copiedBytes };
}

export interface CheckpointPlace {
  readonly vmDiskId: number;
  readonly jobId: string;
  readonly epoch: number;
  readonly key: string;
}

/**
 * Stores the checkpoint in the caller's transaction, which must hold the job's row and have proven the epoch: that is
 * why it cannot move backwards, since only one epoch writes and each of its checkpoints contains the one before.
 */
export async function saveCheckpoint(
  trx: Knex.Transaction,
  place: CheckpointPlace,
  state: DiskCheckpoint,
): Promise<void> {
  const stored: z.output<typeof Stored> = {
    verdict: state.verdict,
    fresh: state.fresh,
    done: state.done.map(([offset, length]) => [offset, length]),
    copied_bytes: state.copiedBytes,
  };
  const values = {
    job_id: place.jobId,
    epoch: place.epoch,
    checkpoint_key: place.key,
    done: JSON.stringify(stored),
    done_bytes: state.done.reduce((sum, [, length]) => sum + length, 0),
    updated_at: trx.fn.now(6),
  };
  await trx('disk_checkpoints')
    .insert({ vm_disk_id: place.vmDiskId, ...values })
    .onConflict('vm_disk_id')
    .merge(values);
}
