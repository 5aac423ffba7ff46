import type { JobProgressRecord } from '../../db/stores/job-progress-store.ts';
import { wire } from './wire.ts';

export function presentJobProgress({ disks, ...progress }: JobProgressRecord): Record<string, unknown> {
  return { ...wire(progress), disks: disks.map(wire) };
}
