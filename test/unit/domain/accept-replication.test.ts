import { describe, expect, test } from '@jest/globals';
import {
  assertMayReplicate,
  assertTargetComplete,
  replicationQueue,
  statusAfterReplication,
} from '../../../src/domain/accept-replication.ts';
import { contextId } from '../../../src/domain/context-id.ts';
import { diskSpec, osFamily, SourceVm } from '../../../src/domain/source-vm.ts';
import { GiB } from '../../../src/base/units.ts';

/** What an error must have at least, for toThrow. */
const like = (fields: object): Error => expect.objectContaining(fields) as unknown as Error;

describe('assertMayReplicate', () => {
  test.each(['discovered', 'replicating', 'ready_for_failover', 'failed'] as const)(
    'a VM that is %s and free may be replicated',
    (status) => {
      expect(() => assertMayReplicate({ contextId: 'c', status })).not.toThrow();
    },
  );

  test.each(['failed_over_test', 'failed_over_live', 'completed', 'cleanup_required'] as const)(
    'a VM that is %s may not, and the hint says what to do',
    (status) => {
      expect(() => assertMayReplicate({ contextId: 'c', status })).toThrow(
        like({ code: 'replication.not-allowed', kind: 'conflict', hint: expect.any(String) }),
      );
    },
  );
});

test('one committed changeId is enough for the queue of incremental cycles', () => {
  expect(replicationQueue({ hasChangeId: false })).toBe('replicate');
  expect(replicationQueue({ hasChangeId: true })).toBe('sync-cbt');
});

test('an incomplete target names each setting that it lacks', () => {
  const target = { id: 1, name: 'prod', zone: 'z', diskOfferingId: null, omaVmId: '' };

  expect(() => assertTargetComplete(target)).toThrow(
    like({
      code: 'ossea-config.incomplete',
      details: expect.objectContaining({
        errors: [
          { path: 'ossea_config.disk_offering_id', message: 'is not set' },
          { path: 'ossea_config.oma_vm_id', message: 'is not set' },
        ],
      }),
    }),
  );
  expect(() => assertTargetComplete({ ...target, diskOfferingId: 'd', omaVmId: 'o' })).not.toThrow();
});

test('an earlier success keeps a VM ready for failover whatever the next job does', () => {
  expect(statusAfterReplication('completed', true)).toBe('ready_for_failover');
  expect(statusAfterReplication('failed', true)).toBe('ready_for_failover');
  expect(statusAfterReplication('cancelled', true)).toBe('ready_for_failover');
  expect(statusAfterReplication('failed', false)).toBe('failed');
  expect(statusAfterReplication('cancelled', false)).toBe('discovered');
});

describe('contextId', () => {
  const at = new Date('2025-09-09T11:38:39.123Z');

  test('has the form of the seed', () => {
    expect(contextId('pgtest1', at)).toBe('ctx-pgtest1-20250909-113839');
  });

  test('fits its column and a URL for every name', () => {
    const id = contextId(`../ä b%${'x'.repeat(300)}`, at, 'a1b2c3');
    expect(id.length).toBeLessThanOrEqual(64);
    expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(id.endsWith('-20250909-113839-a1b2c3')).toBe(true);
  });
});

describe('source VM', () => {
  const vm = { id: 'uuid', name: 'web', path: '/DC/vm/web' };

  test('a disk without a size, or two disks with one id, are refused', () => {
    expect(SourceVm.safeParse({ ...vm, disks: [{ id: 'disk-2000' }] }).success).toBe(false);
    const disk = { id: 'disk-2000', size_gb: 1 };
    expect(SourceVm.safeParse({ ...vm, disks: [disk, disk] }).success).toBe(false);
    expect(SourceVm.safeParse({ ...vm, disks: [disk] }).success).toBe(true);
  });

  test('sizes round up to whole GiB and the exact capacity wins', () => {
    const [disk] = SourceVm.parse({ ...vm, disks: [{ id: 'd', capacity_bytes: 102 * GiB + 1, size_gb: 1 }] }).disks;
    expect(disk && diskSpec(disk)).toMatchObject({ sizeGb: 103, capacityBytes: 102 * GiB + 1 });
  });

  test('operating systems fall into families', () => {
    expect(osFamily('Microsoft Windows Server 2019 (64-bit)')).toBe('windows');
    expect(osFamily('darwin21_64Guest')).toBe('macos');
    expect(osFamily('Ubuntu Linux (64-bit)')).toBe('linux');
    expect(osFamily('FreeBSD 14')).toBe('other');
    expect(osFamily(null)).toBe('unknown');
  });
});
