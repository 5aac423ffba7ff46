import { describe, expect, test } from '@jest/globals';
import { HOUR, MiB } from '../../../src/base/units.ts';
import { ENTRIES_MAX, progressStore, type ProgressStore } from '../../../src/vma/progress-store.ts';

function storeAt(): { store: ProgressStore; pass: (ms: number) => void } {
  let nowMs = Date.UTC(2026, 0, 1);
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  return {
    store: progressStore(clock, () => undefined),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

const unknown = expect.objectContaining({ code: 'progress.unknown' }) as unknown;

function reading(store: ProgressStore, jobId: string): unknown {
  try {
    return store.read(jobId);
  } catch (thrown) {
    return thrown;
  }
}

describe('the progress store', () => {
  test('sums the disks, and computes percentage, rates and time left from bytes', () => {
    const { store, pass } = storeAt();
    store.update('job', { stage: 'Transfer', status: 'running', sync_type: 'full' });
    pass(10_000);
    store.update('job', {
      disk_id: 'a',
      bytes_transferred: 30 * MiB,
      total_bytes: 100 * MiB,
      throughput_bps: 3 * MiB,
      percent: 99,
    });
    store.update('job', { disk_id: 'b', bytes_transferred: 10 * MiB, total_bytes: 100 * MiB, throughput_bps: 1 * MiB });
    expect(store.read('job')).toMatchObject({
      status: 'running',
      sync_type: 'full',
      percentage: 20,
      bytes_transferred: 40 * MiB,
      total_bytes: 200 * MiB,
      throughput: { current_mbps: 4, average_mbps: 4, peak_mbps: 4 },
      timing: { elapsed_ms: 10_000, eta_seconds: 40, phase_elapsed_ms: 10_000 },
    });
  });

  test('numbers of the whole job win over those of its disks; without a total the given percent counts', () => {
    const { store } = storeAt();
    store.update('job', { disk_id: 'a', bytes_transferred: 1, total_bytes: 2 });
    store.update('job', { percent: 12.345 });
    expect(store.read('job')).toMatchObject({ percentage: 12.35, total_bytes: 0 });
    store.update('job', { bytes_transferred: 900, total_bytes: 300 });
    expect(store.read('job')).toMatchObject({ percentage: 100 });
  });

  test('one report may name the job and all of its disks', () => {
    const { store } = storeAt();
    const disk = { bytes_transferred: 1 * MiB, total_bytes: 4 * MiB, throughput_bps: 1 * MiB };
    const disks = [
      { ...disk, disk_id: 'a', percent: 25 },
      { ...disk, disk_id: 'b', percent: 100, status: 'completed' as const },
    ];
    const whole = { bytes_transferred: 2 * MiB, total_bytes: 8 * MiB, percent: 60, eta_seconds: 7 };
    store.update('job', { stage: 'Transfer', ...whole, disks });

    expect(store.read('job')).toMatchObject({
      status: 'running',
      percentage: 60,
      bytes_transferred: 2 * MiB,
      total_bytes: 8 * MiB,
      timing: { eta_seconds: 7 },
      disk_progresses: [
        { disk_id: 'a', bytes: 1 * MiB, total: 4 * MiB, percent: 25, throughput_mbps: 1, status: 'running' },
        { disk_id: 'b', percent: 100, status: 'completed' },
      ],
    });
  });

  test('status never goes back, and a finished job stays as it ended', () => {
    const { store } = storeAt();
    expect(store.update('job', {}).status).toBe('queued');
    expect(store.update('job', { percent: 1 }).status).toBe('running');
    expect(store.update('job', { status: 'queued' }).status).toBe('running');
    expect(store.update('job', { disk_id: 'a', status: 'completed', percent: 100 }).status).toBe('running');
    store.update('job', { disk_id: 'a', status: 'running', percent: 3 });
    store.update('job', { stage: 'Transfer', status: 'failed', error_message: 'it broke' });
    store.update('job', { stage: 'Finalize', status: 'completed', percent: 100, error_message: 'late' });
    expect(store.read('job')).toMatchObject({
      status: 'failed',
      phase: 'Transfer',
      percentage: 1,
      errors: ['it broke'],
      last_error: 'it broke',
      phases: [{ name: 'Transfer', status: 'completed', end: expect.any(String) }],
      disk_progresses: [{ disk_id: 'a', status: 'completed', percent: 100 }],
    });
  });

  test('phases follow each other with their times', () => {
    const { store, pass } = storeAt();
    store.update('job', { stage: 'Discover' });
    pass(1_000);
    store.update('job', { stage: 'Transfer' });
    store.update('job', { stage: 'Transfer' });
    expect(store.read('job').phases).toEqual([
      { name: 'Discover', status: 'completed', start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:00:01.000Z' },
      { name: 'Transfer', status: 'running', start: '2026-01-01T00:00:01.000Z', end: null },
    ]);
  });

  test('finished entries are kept for an hour, silent ones for a day', () => {
    const { store, pass } = storeAt();
    store.update('done', { status: 'completed' });
    store.update('silent', { percent: 1 });
    pass(1 * HOUR);
    expect(store.read('done')).toMatchObject({ status: 'completed', percentage: 100 });
    pass(1);
    expect(reading(store, 'done')).toEqual(unknown);
    expect(store.read('silent')).toMatchObject({ status: 'running' });
    pass(24 * HOUR);
    expect(reading(store, 'silent')).toEqual(unknown);
  });

  test('the number of entries is bounded: finished ones go first, then the oldest', () => {
    const { store } = storeAt();
    store.update('first', { percent: 1 });
    store.update('second', { percent: 1 });
    store.update('finished', { status: 'completed' });
    for (let n = 3; n < ENTRIES_MAX; n += 1) store.update(`job-${n}`, { percent: 1 });
    store.update('first', { percent: 2 });
    store.update('x', {});
    expect(reading(store, 'finished')).toEqual(unknown);
    expect(store.read('second')).toBeDefined();
    store.update('y', {});
    expect(reading(store, 'second')).toEqual(unknown);
    expect(store.read('first')).toMatchObject({ percentage: 2 });
  });
});
