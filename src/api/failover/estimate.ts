import type { Knex } from '../../db/knex.ts';
import { recentFailoverSeconds } from '../../db/stores/failover-history-store.ts';

/** How long a failover takes: the median of the last ones of its type here; null while there was none. */
export async function estimateOf(
  db: Knex,
  type: 'live' | 'test',
): Promise<{ readonly estimated_duration: string | null; readonly estimated_duration_seconds: number | null }> {
  const seconds = (await recentFailoverSeconds(db, type)).toSorted((one, other) => one - other);
  const median = seconds[Math.floor(seconds.length / 2)];
  if (median === undefined) return { estimated_duration: null, estimated_duration_seconds: null };
  return { estimated_duration: spelled(median), estimated_duration_seconds: median };
}

/** `42s`, `7m`, `2h 5m`. */
export function spelled(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
