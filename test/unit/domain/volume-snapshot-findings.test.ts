import { expect, test } from '@jest/globals';
import {
  judgeSnapshots,
  type ListedSnapshot,
  type SnapshotBooks,
} from '../../../src/domain/volume-snapshot-findings.ts';

const FAILOVER = 'failover-20260114-093000.123-a1b2c3';
const NOW = new Date('2026-01-14T12:00:00Z');
const listed = (columns: Partial<ListedSnapshot> = {}): ListedSnapshot => ({
  id: 's1',
  name: `multi-test-failover-disk-2000-${FAILOVER}`,
  volumeId: 'v1',
  state: 'BackedUp',
  createdAt: new Date('2026-01-14T09:55:00Z'),
  isAbandoned: false,
  ...columns,
});
const books = (columns: Partial<SnapshotBooks> = {}): SnapshotBooks => ({
  volumes: [{ id: 'v1', name: 'migration-web-disk-0', contextId: 'ctx-web' }],
  followed: new Set(),
  openJobs: new Set(),
  now: NOW,
  ...columns,
});

const CASES: readonly [what: string, snapshot: ListedSnapshot, written: Partial<SnapshotBooks>, kinds: string[]][] = [
  ['is followed', listed(), { followed: new Set(['s1']) }, []],
  ['was left by a failover that has ended', listed(), {}, ['snapshot-left']],
  ['is of a failover that has not', listed(), { openJobs: new Set([FAILOVER]) }, []],
  ['was made by a person', listed({ name: 'before the update' }), {}, []],
  ['is of another volume', listed({ volumeId: 'v2' }), {}, []],
  ['is incomplete, and nobody works on it', listed({ state: 'BackingUp', isAbandoned: true }), {}, ['snapshot-stuck']],
  ['is incomplete, and somebody does', listed({ state: 'BackingUp' }), {}, []],
  ['went wrong, which CloudStack sweeps', listed({ state: 'Error' }), {}, []],
];

test.each(CASES)('a snapshot that %s', (...[, snapshot, written, kinds]) => {
  expect(judgeSnapshots([snapshot], books(written)).map(({ kind }) => kind)).toEqual(kinds);
});

test('the oldest is told with its age, and how many there are', () => {
  const [stuck] = judgeSnapshots(
    [
      listed({
        id: 'young',
        name: 'a',
        isAbandoned: true,
        state: 'Creating',
        createdAt: new Date('2026-01-14T11:00:00Z'),
      }),
      listed({ id: 'old', name: 'b', isAbandoned: true, state: 'BackingUp' }),
      listed({ id: 'undated', name: 'c', isAbandoned: true, state: 'Creating', createdAt: undefined }),
    ],
    books(),
  );

  expect(stuck).toMatchObject({
    volumeId: 'v1',
    text: 'snapshot b of volume migration-web-disk-0 is BackingUp for 2 h 5 min, and cloudstack names no job that works on it; 2 others are like it',
    details: { snapshot_id: 'old', state: 'BackingUp', age_seconds: 7500 },
  });
});
