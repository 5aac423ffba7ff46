import type { Knex } from 'knex';
import { conflict } from '../base/errors.ts';
import { findHolder, type ExportRecord } from '../db/stores/nbd-export-store.ts';

/** Which job may write to a volume: the ledger alone knows, and is asked each time. */

export interface Writer {
  readonly jobId: string;
  readonly epoch: number;
}

/** How far up a job's parents are looked for; the ledger nests two deep. */
const ANCESTORS_MAX = 5;

/** Whether this epoch of the job is the one that runs now. */
export async function isLive(db: Knex, { jobId, epoch }: Writer): Promise<boolean> {
  const holder = await findHolder(db, jobId);
  // A job that waits for its next worker is in nobody's hands, whatever the last one still believes.
  return holder?.status === 'running' && holder.dispatchState === 'claimed' && holder.epoch === epoch;
}

/** @throws conflict `export.stale-epoch`: the job ended, is unknown, or another worker runs it. */
export async function assertLive(db: Knex, writer: Writer): Promise<void> {
  if (await isLive(db, writer)) return;
  throw conflict('export.stale-epoch', `epoch ${writer.epoch} of job ${writer.jobId} is not the running one`, {
    details: { ...writer },
    hint: 'this worker has lost its job to another one, or the job ended: it must stop',
  });
}

export const writerOf = (row: ExportRecord): Writer => ({ jobId: row.metadata.job_id, epoch: row.metadata.epoch });

/**
 * Whoever has the volume open may lose it to `jobId`: it is dead, or the same job, or one of its parents.
 * @throws conflict `export.in-use` with the job that writes there.
 */
export async function assertMayReplace(db: Knex, row: ExportRecord, jobId: string | undefined): Promise<void> {
  const writer = writerOf(row);
  if (!(await isLive(db, writer))) return;
  if (jobId !== undefined && (await lineage(db, jobId)).includes(writer.jobId)) return;
  throw conflict('export.in-use', `job ${writer.jobId} is writing to volume ${row.volumeId}`, {
    details: { volumeId: row.volumeId, ...writer },
    hint: 'wait for that job to end, or cancel it',
  });
}

async function lineage(db: Knex, jobId: string): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null = jobId;
  while (next !== null && ids.length < ANCESTORS_MAX) {
    ids.push(next);
    next = (await findHolder(db, next))?.parentJobId ?? null;
  }
  return ids;
}

/**
 * What a cycle has written may be thrown away when its job has ended, or for the job itself and its children.
 * @throws conflict `export.in-use` with the job that may go on with it.
 */
export async function assertMayThrowAway(
  db: Knex,
  overlay: { readonly volumeId: string; readonly jobId: string },
  jobId: string | undefined,
): Promise<void> {
  if (await hasEnded(db, overlay.jobId)) return;
  if (jobId !== undefined && (await lineage(db, jobId)).includes(overlay.jobId)) return;
  throw conflict('export.in-use', `job ${overlay.jobId} has not ended its cycle on volume ${overlay.volumeId}`, {
    details: { volumeId: overlay.volumeId, jobId: overlay.jobId },
    hint: 'wait for that job to end, or cancel it',
  });
}

/** The job reached its end, or nobody knows it any more. */
export async function hasEnded(db: Knex, jobId: string): Promise<boolean> {
  const holder = await findHolder(db, jobId);
  return holder === undefined || holder.dispatchState === 'closed';
}
