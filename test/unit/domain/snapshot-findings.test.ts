import { describe, expect, test } from '@jest/globals';
import {
  judgeSnapshot,
  nextStep,
  snapshotAlarms,
  SnapshotState,
  type SnapshotFinding,
} from '../../../src/domain/snapshot-findings.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const LIMITS = { alarmHours: 24, levels: { warnPercent: 20, stopPercent: 10, removePercent: 5 } };
const finding = (changes: Partial<SnapshotFinding> = {}): SnapshotFinding => ({
  vm: 'web01',
  vm_ref: 'vm-1',
  instance_uuid: null,
  snapshot_ref: 'snapshot-1',
  name: 'migratekit-job-1',
  job_id: 'job',
  created_at: '2026-11-22T11:00:00Z',
  state: 'job-active',
  error: null,
  ...changes,
});
const alarmsOf = (changes: Partial<Parameters<typeof snapshotAlarms>[0]>) =>
  snapshotAlarms({ snapshots: [], consolidationNeeded: [], datastores: [], ...changes }, LIMITS, NOW);

describe('a snapshot of ours', () => {
  test.each([
    ['completed', false, undefined, true, 'removing'],
    ['failed', false, undefined, true, 'removing'],
    ['cancelled', false, undefined, true, 'removing'],
    ['failed', false, 'failed', true, 'removing'],
    ['failed', false, 'removing', false, 'removing'],
    ['failed', true, undefined, false, 'session-open'],
    ['running', false, undefined, false, 'job-active'],
    ['pending', false, undefined, false, 'job-active'],
    ['of a later version', false, undefined, false, 'job-active'],
    [undefined, false, undefined, false, 'job-unknown'],
    [undefined, false, 'failed', false, 'job-unknown'],
  ] as const)('of a job that is %s, held %s, removal %s: goes %s, %s', (...row) => {
    const [jobStatus, isHeld, removal, isToGo, state] = row;
    expect(judgeSnapshot({ jobStatus, isHeld, removal })).toEqual({ isToGo, state });
  });

  test.each(SnapshotState.options)('has a next step when it is %s', (state) => {
    expect(nextStep(state)).not.toBe('');
  });
});

describe('alarms', () => {
  test.each([
    ['2026-11-21T12:00:01Z', 0],
    ['2026-11-21T12:00:00Z', 1],
    ['2020-01-01T00:00:00Z', 1],
    // The clock of a vCenter may be ahead.
    ['2026-11-23T00:00:00Z', 0],
  ])('are there for a snapshot of %s: %d', (created_at, count) => {
    expect(alarmsOf({ snapshots: [finding({ created_at })] })).toHaveLength(count);
  });

  test('say why a removal failed', () => {
    const error = { code: 'vsphere.no-permission', text: 'vcenter refused' };

    expect(alarmsOf({ snapshots: [finding({ state: 'removal-failed', error })] })).toMatchObject([
      { code: 'snapshot.removal-failed', text: expect.stringContaining('vcenter refused (vsphere.no-permission)') },
    ]);
  });

  test.each([
    [210, []],
    [200, ['warn']],
    [100, ['critical']],
    [50, ['critical']],
  ])('are there for a datastore with %d of 1000 bytes free: %j', (free_bytes, levels) => {
    const datastore = { name: 'ds', capacity_bytes: 1000, free_bytes, is_accessible: true };

    expect(alarmsOf({ datastores: [datastore] }).map((alarm) => alarm.level)).toEqual(levels);
  });

  test('have the critical ones first', () => {
    const datastores = [100, 1].map((free_bytes) => ({
      name: `ds${free_bytes}`,
      capacity_bytes: 500,
      free_bytes,
      is_accessible: true,
    }));
    const found = alarmsOf({ datastores, consolidationNeeded: [{ vm: 'web01' }] });

    expect(found.map(({ about, level }) => [about, level])).toEqual([
      ['ds1', 'critical'],
      ['ds100', 'warn'],
      ['web01', 'warn'],
    ]);
  });
});
