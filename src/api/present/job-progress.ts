import type { JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import { wire } from './wire.ts';

export function presentJobProgress({ disks, verifying, ...progress }: JobProgressRecord): Record<string, unknown> {
  return { ...wire(progress), verifying: orNothing(verifying), disks: disks.map(wire) };
}

const orNothing = (record: object | null | undefined): Record<string, unknown> | null =>
  record === null || record === undefined ? null : wire(record);

/** What the progress of a replication has beside the columns of its row. */
export function presentPace(progress: JobProgressRecord | undefined): Record<string, unknown> {
  return {
    current_bps: progress?.currentBps ?? 0,
    average_bps: progress?.averageBps ?? 0,
    eta_seconds: progress?.etaSeconds ?? null,
    verifying: orNothing(progress?.verifying),
    bandwidth_in_force_bytes_per_s: progress?.bandwidthInForceBytesPerS ?? null,
    disks: progress?.disks.map(wire) ?? [],
  };
}
