import { describe, expect, test } from '@jest/globals';
import {
  assertMayDelete,
  assertMayForget,
  statusAfterDeletion,
  takesVolumes,
  type AfterDeletion,
} from '../../../src/domain/deletion.ts';

const subject = {
  jobId: 'job-1',
  status: 'completed',
  contextStatus: 'ready_for_failover',
  activeFailoverId: null,
} as const;

describe('a replication may be deleted', () => {
  test.each(['completed', 'failed', 'cancelled'])('when it is %s', (status) => {
    expect(() => assertMayDelete({ ...subject, status })).not.toThrow();
  });

  test.each(['discovered', 'failed', 'completed', 'cleanup_required'] as const)('of a VM that is %s', (status) => {
    expect(() => assertMayDelete({ ...subject, contextStatus: status })).not.toThrow();
  });
});

describe('a replication may not be deleted', () => {
  test.each(['pending', 'running'])('while it is %s', (status) => {
    expect(() => assertMayDelete({ ...subject, status })).toThrow(
      expect.objectContaining({ code: 'replication.active', hint: expect.any(String) }),
    );
  });

  test.each(['failed_over_test', 'failed_over_live'] as const)('while its VM is %s', (contextStatus) => {
    expect(() => assertMayDelete({ ...subject, contextStatus })).toThrow(
      expect.objectContaining({ code: 'replication.failed-over', hint: expect.any(String) }),
    );
  });

  test('while a failover uses its volumes', () => {
    expect(() => assertMayDelete({ ...subject, activeFailoverId: 'failover-1' })).toThrow(
      expect.objectContaining({ code: 'failover.active' }),
    );
  });
});

describe('the VM is, after a deletion,', () => {
  const facts: AfterDeletion = {
    current: 'ready_for_failover',
    hasCopy: true,
    isDone: true,
    newestStatus: 'completed',
    volumes: 2,
  };
  const without = { ...facts, hasCopy: false };

  test.each<[string, AfterDeletion, string]>([
    ['ready while its copy is whole', facts, 'ready_for_failover'],
    ['ready also when only a failed one remains', { ...facts, newestStatus: 'failed' }, 'ready_for_failover'],
    ['discovered without copy and replications', { ...without, newestStatus: null, volumes: 0 }, 'discovered'],
    ['discovered when its copy went but a record stays', without, 'discovered'],
    ['failed when the newest that remains failed', { ...without, newestStatus: 'failed' }, 'failed'],
    ['failed when the deletion of its volumes did not end', { ...without, isDone: false }, 'failed'],
    ['what it was when nothing was lost', { ...without, isDone: false, current: 'discovered' }, 'discovered'],
    ['moved, as before', { ...without, current: 'completed', newestStatus: null }, 'completed'],
    ['still to be cleaned up', { ...facts, current: 'cleanup_required' }, 'cleanup_required'],
    [
      'still to be cleaned up while a volume is left',
      { ...without, current: 'cleanup_required', newestStatus: null, volumes: 1 },
      'cleanup_required',
    ],
    [
      'discovered when there is nothing left to clean up',
      { ...without, current: 'cleanup_required', newestStatus: null, volumes: 0 },
      'discovered',
    ],
  ])('%s', (_title, after, status) => {
    expect(statusAfterDeletion(after)).toBe(status);
  });
});

describe('a VM may be forgotten', () => {
  const vm = { contextId: 'ctx-1', contextStatus: 'ready_for_failover', activeFailoverId: null } as const;

  test.each(['discovered', 'failed', 'completed', 'cleanup_required'] as const)('when it is %s', (contextStatus) => {
    expect(() => assertMayForget({ ...vm, contextStatus })).not.toThrow();
  });

  test.each(['failed_over_test', 'failed_over_live'] as const)('not while it is %s', (contextStatus) => {
    expect(() => assertMayForget({ ...vm, contextStatus })).toThrow(
      expect.objectContaining({ code: 'context.failed-over', hint: expect.any(String) }),
    );
  });

  test('not while a failover works on it', () => {
    expect(() => assertMayForget({ ...vm, activeFailoverId: 'failover-1' })).toThrow(
      expect.objectContaining({ code: 'failover.active' }),
    );
  });

  test('with its volumes, unless they are the disks of the VM that was moved', () => {
    expect(takesVolumes('ready_for_failover')).toBe(true);
    expect(takesVolumes('completed')).toBe(false);
  });
});
