import type { Clock } from '../base/clock.ts';
import { notFound } from '../base/errors.ts';
import { HOUR } from '../base/units.ts';
import type { Progress, ProgressUpdate } from './progress-contract.ts';
import {
  applyUpdate,
  isTerminal,
  newEntry,
  presentEntry,
  type ProgressEntry,
  type ProgressVm,
} from './progress-entry.ts';

/** Progress of jobs, in memory: a mirror for pollers, lost at a restart. The truth is the OMA's database. */
export interface ProgressStore {
  /** Makes the entry when the job is new. */
  update(jobId: string, update: ProgressUpdate): ProgressEntry;
  /** @throws not-found `progress.unknown` */
  read(jobId: string): Progress;
}

/** Finished entries stay this long, so that a slow poller still sees the end. */
const KEEP_FINISHED_MS = 1 * HOUR;
/** An entry that nobody updates any more. */
const KEEP_SILENT_MS = 24 * HOUR;
export const ENTRIES_MAX = 1000;

export function progressStore(clock: Clock, vmOf: (jobId: string) => ProgressVm | undefined): ProgressStore {
  // In the order of the last update, oldest first.
  const entries = new Map<string, ProgressEntry>();

  const expire = (): void => {
    for (const [jobId, entry] of entries) {
      const keepMs = isTerminal(entry.status) ? KEEP_FINISHED_MS : KEEP_SILENT_MS;
      if (clock.now() - entry.updatedMs > keepMs) entries.delete(jobId);
    }
  };

  const makeRoom = (): void => {
    expire();
    if (entries.size < ENTRIES_MAX) return;
    const finished = [...entries.values()].find((entry) => isTerminal(entry.status));
    const victim = finished?.jobId ?? entries.keys().next().value;
    if (victim !== undefined) entries.delete(victim);
  };

  return {
    update: (jobId, update) => {
      const known = entries.get(jobId);
      if (known === undefined) makeRoom();
      const entry = known ?? newEntry(jobId, clock.now());
      applyUpdate(entry, update, clock.now());
      entries.delete(jobId);
      entries.set(jobId, entry);
      return entry;
    },
    read: (jobId) => {
      expire();
      const entry = entries.get(jobId);
      if (entry !== undefined) return presentEntry(entry, vmOf(jobId), clock.now());
      throw notFound('progress.unknown', `nothing is known of the progress of job ${jobId}`, {
        details: { job_id: jobId },
        hint: 'progress is kept in memory while a job runs and for an hour after it',
      });
    },
  };
}
