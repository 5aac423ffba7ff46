import { GiB } from '../../src/base/units.ts';
import type { SimulatorIds } from '../../src/lab/cloudstack/simulator.ts';

/** One volume on its way through all that can be done with it. */
export interface VolumeLife {
  readonly name: string;
  volumeId: string;
  snapshotId: string;
  /** A job that runs, and that may have its export. */
  readonly jobId: string;
  /** A VM of a test failover, which gets the volume for a while. */
  readonly testVmId: string;
}

export interface LifeStep {
  readonly what: string;
  readonly method: 'POST' | 'DELETE';
  readonly path: (life: VolumeLife) => string;
  readonly body?: (life: VolumeLife, ids: SimulatorIds) => object;
  /** Where the volume must be afterwards; given: to the VM of the test failover. */
  readonly ends: 'detached' | 'attached' | 'given' | 'gone';
  readonly snapshots: number;
}

/** Every action of queue attach-volume, each beginning where the one before has ended. */
export const VOLUME_LIFE: readonly LifeStep[] = [
  {
    what: 'create',
    method: 'POST',
    path: () => '/volumes',
    body: ({ name }, ids) => ({ name, size: GiB, disk_offering_id: ids.diskOffering, zone_id: ids.zone }),
    ends: 'detached',
    snapshots: 0,
  },
  {
    what: 'give',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/attach`,
    body: ({ testVmId }) => ({ vm_id: testVmId }),
    ends: 'given',
    snapshots: 0,
  },
  {
    what: 'cleanup',
    method: 'POST',
    path: () => '/cleanup/test-failover',
    body: ({ testVmId, volumeId }, ids) => ({
      test_vm_id: testVmId,
      volume_id: volumeId,
      oma_vm_id: ids.omaVm,
      delete_vm: true,
    }),
    ends: 'attached',
    snapshots: 0,
  },
  {
    what: 'snapshot',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/snapshots`,
    body: ({ name }) => ({ name }),
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'resize',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/resize`,
    body: () => ({ size: 2 * GiB }),
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'revert',
    method: 'POST',
    path: ({ volumeId, snapshotId }) => `/volumes/${volumeId}/snapshots/${snapshotId}/revert`,
    ends: 'attached',
    snapshots: 1,
  },
  {
    what: 'delete-snapshot',
    method: 'DELETE',
    path: ({ volumeId, snapshotId }) => `/volumes/${volumeId}/snapshots/${snapshotId}`,
    ends: 'attached',
    snapshots: 0,
  },
  {
    what: 'detach',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/detach`,
    ends: 'detached',
    snapshots: 0,
  },
  {
    what: 'attach',
    method: 'POST',
    path: ({ volumeId }) => `/volumes/${volumeId}/attach`,
    body: (_life, ids) => ({ vm_id: ids.omaVm }),
    ends: 'attached',
    snapshots: 0,
  },
  {
    // Attached to the appliance still: it takes it off itself.
    what: 'delete',
    method: 'DELETE',
    path: ({ volumeId }) => `/volumes/${volumeId}`,
    ends: 'gone',
    snapshots: 0,
  },
];
