import type { JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import { wire } from './wire.ts';

export function presentJobProgress({ disks, ...progress }: JobProgressRecord): Record<string, unknown> {
  return { ...wire(progress), disks: disks.map(wire) };
}

/** What the progress of a replication has beside the columns of its row. */
export function presentPace(progress: JobProgressRecord | undefined): Record<string, unknown> {
  return {
    current_bps: progress?.currentBps ?? 0,
    average_bps: progress?.averageBps ?? 0,
    eta_seconds: progress?.etaSeconds ?? null,
    disks: progress?.disks.map(wire) ?? [],
  };
}
