import { counted } from '../base/counted.ts';
import { formatDuration } from '../base/units.ts';
import type { KnownVolume, VolumeFinding } from './volume-findings.ts';

/**
 * What is the matter with snapshots of our volumes: one that nobody works on and that is not complete holds whoever waits
 * for it for hours, and one that its failover has left fills secondary storage. Pure.
 */

/** As CloudStack lists it. */
export interface ListedSnapshot {
  readonly id: string;
  readonly name: string;
  readonly volumeId: string | undefined;
  readonly state: string;
  readonly createdAt: Date | undefined;
  /** It is between two states, and CloudStack names no job that works on it. */
  readonly isAbandoned: boolean;
}

export interface SnapshotBooks {
  readonly volumes: readonly Pick<KnownVolume, 'id' | 'name' | 'contextId'>[];
  /** Ids of the snapshots that our rows follow. */
  readonly followed: ReadonlySet<string>;
  /** Jobs of the ledger that have not ended. */
  readonly openJobs: ReadonlySet<string>;
  readonly now: Date;
}

/** `multi-test-failover-disk-2000-failover-20260114-093000.123-a1b2c3`: the snapshot that a failover takes of a disk. */
const OF_FAILOVER = /^multi-.*-failover-.*-(failover-\d{8}-\d{6}\.\d{3}-[0-9a-f]{6})$/;

/** The failover that took it, where its name tells one. */
export const failoverOfSnapshot = (name: string): string | undefined => OF_FAILOVER.exec(name)?.[1];

/** At most one finding of a kind per volume. */
export function judgeSnapshots(listed: readonly ListedSnapshot[], books: SnapshotBooks): VolumeFinding[] {
  const ofVolume = Map.groupBy(listed, (snapshot) => snapshot.volumeId);
  return books.volumes.flatMap((volume) => {
    const snapshots = ofVolume.get(volume.id) ?? [];
    const about = { volumeId: volume.id, contextId: volume.contextId, name: volume.name };
    const stuck = snapshots.filter((snapshot) => snapshot.isAbandoned);
    const left = snapshots.filter((snapshot) => !snapshot.isAbandoned && isLeft(snapshot, books));
    return [
      ...told(stuck, books.now, ({ first, count, age }) => ({
        ...about,
        kind: 'snapshot-stuck' as const,
        text: `snapshot ${first.name} of volume ${volume.name} is ${first.state}${age}, and cloudstack names no job that works on it${more(count)}`,
      })),
      ...told(left, books.now, ({ first, count, age }) => ({
        ...about,
        kind: 'snapshot-left' as const,
        text: `snapshot ${first.name} of volume ${volume.name} is there${age}, and its failover has ended without it${more(count)}`,
      })),
    ];
  });
}

/** Of a failover that has ended, and none of our rows knows it any more. */
function isLeft({ id, name, state }: ListedSnapshot, { followed, openJobs }: SnapshotBooks): boolean {
  const jobId = failoverOfSnapshot(name);
  return jobId !== undefined && state === 'BackedUp' && !followed.has(id) && !openJobs.has(jobId);
}

const more = (count: number): string =>
  count === 1 ? '' : `; ${counted(count - 1, 'other one is', 'others are')} like it`;

interface Oldest {
  readonly first: ListedSnapshot;
  readonly count: number;
  /** ` for 3 h 5 min`; empty where CloudStack does not say since when. */
  readonly age: string;
}

function told(
  snapshots: readonly ListedSnapshot[],
  now: Date,
  say: (oldest: Oldest) => Omit<VolumeFinding, 'details'>,
): VolumeFinding[] {
  const time = ({ createdAt }: ListedSnapshot): number => createdAt?.getTime() ?? Infinity;
  const [first] = snapshots.toSorted((one, other) => time(one) - time(other));
  if (first === undefined) return [];
  const seconds = first.createdAt === undefined ? null : Math.max(0, Math.round((now.getTime() - time(first)) / 1000));
  const age = seconds === null ? '' : ` for ${formatDuration(seconds * 1000)}`;
  const { id, state, createdAt } = first;
  const details = { snapshot_id: id, state, created_at: createdAt?.toISOString() ?? null, age_seconds: seconds };
  return [{ ...say({ first, count: snapshots.length, age }), details }];
}
