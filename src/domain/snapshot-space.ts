/**
 * A snapshot grows with every write of its VM; on a full datastore all VMs there stand still. So free space is judged
 * before a snapshot is made and while one is there. Pure.
 */

/** Free space in percent of the capacity, each level below the one before. */
export interface SpaceLevels {
  /** Tell a person. */
  readonly warnPercent: number;
  /** Make no snapshot any more. */
  readonly stopPercent: number;
  /** Remove the one that is there: its job begins anew when there is room. */
  readonly removePercent: number;
}

export const DEFAULT_SPACE_LEVELS: SpaceLevels = { warnPercent: 20, stopPercent: 10, removePercent: 5 };

export interface DatastoreSpace {
  readonly capacityBytes: number;
  readonly freeBytes: number;
  readonly isAccessible: boolean;
}

/** unknown: the datastore does not tell, so it is no reason for anything. */
export type SpaceLevel = 'unknown' | 'enough' | 'warn' | 'stop' | 'remove';

/** Space that is exactly at a level has reached it. */
export function spaceLevelOf(datastore: DatastoreSpace, levels: SpaceLevels): SpaceLevel {
  const { capacityBytes, freeBytes, isAccessible } = datastore;
  if (!isAccessible || capacityBytes <= 0) return 'unknown';
  const freePercent = (freeBytes / capacityBytes) * 100;
  if (freePercent <= levels.removePercent) return 'remove';
  if (freePercent <= levels.stopPercent) return 'stop';
  return freePercent <= levels.warnPercent ? 'warn' : 'enough';
}
