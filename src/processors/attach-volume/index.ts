import type { JobRun, Processor } from '../../queues/define-job.ts';
import type { VolumeAction, VolumeResult } from '../../queues/jobs/attach-volume.ts';
import { findVolumeRow, type VolumeRecord } from '../../db/stores/volume-store.ts';
import type { Volumes } from '../../volumes/context.ts';
import { attach } from './attach.ts';
import type { Cloud, OpenCloud } from '../../volumes/cloud.ts';
import { cleanup } from './cleanup.ts';
import { cloudForCreate } from './cloud-for-create.ts';
import { convert } from './convert.ts';
import { create } from './create.ts';
import { removeSnapshot } from './delete-snapshot.ts';
import { detach } from './detach.ts';
import { remove } from './delete.ts';
import { handOver } from './hand-over.ts';
import { resize } from './resize.ts';
import { revert } from './revert.ts';
import { snapshot } from './snapshot.ts';

/**
 * One change to one volume. Every action looks first, in CloudStack and in our rows, and may be repeated after a crash
 * at any line; the rows follow the cloud, never the other way round. One action at a time per volume, and none while a
 * job opens its export.
 */

export interface AttachVolumeDeps {
  readonly volumes: Pick<Volumes, 'exports' | 'device' | 'elsewhere' | 'convert'>;
  readonly openCloud: OpenCloud;
}

/** What each action works with. */
export interface VolumeWork<A extends VolumeAction = VolumeAction> {
  readonly run: JobRun<VolumeAction>;
  readonly action: A;
  readonly cloud: Cloud;
  readonly volumes: Pick<Volumes, 'exports' | 'device'>;
  /** Our row of the volume; undefined for one that we do not know. */
  readonly row: VolumeRecord | undefined;
}

export function attachVolumeProcessor(deps: AttachVolumeDeps): Processor<VolumeAction, VolumeResult> {
  return async (run) => {
    const action = run.payload;
    if (action.action === 'cleanup') {
      const first = await run.fenced((trx) => findVolumeRow(trx, action.volumeIds[0] ?? ''));
      const cloud = await deps.openCloud(first?.configId ?? null);
      return cleanup({ run, action, cloud, volumes: deps.volumes });
    }
    if (action.action === 'convert') {
      const away = await deps.volumes.elsewhere(action);
      if (away !== undefined) throw away.error;
      return convert({ run, action, volumes: deps.volumes });
    }
    if (action.action === 'create') {
      const cloud = await deps.openCloud(await cloudForCreate(run, action, deps.openCloud));
      return create({ run, action, cloud, volumes: deps.volumes, row: undefined });
    }
    return deps.volumes.exports.exclusively(action.volumeId, async () => {
      // Looked at before the claim; the volume may have moved since.
      const elsewhere = await deps.volumes.elsewhere(action);
      if (elsewhere !== undefined) throw elsewhere.error;
      const row = await run.fenced((trx) => findVolumeRow(trx, action.volumeId));
      // A volume stays in the cloud that it was made in, whichever is active now.
      const cloud = await deps.openCloud(row?.configId ?? null);
      const work = { run, cloud, volumes: deps.volumes, row };
      switch (action.action) {
        case 'attach':
          return attach({ ...work, action });
        case 'detach':
          return detach({ ...work, action });
        case 'delete':
          return remove({ ...work, action });
        case 'resize':
          return resize({ ...work, action });
        case 'snapshot':
          return snapshot({ ...work, action });
        case 'revert':
          return revert({ ...work, action });
        case 'hand-over':
          return handOver({ ...work, action });
        case 'delete-snapshot':
          return removeSnapshot({ ...work, action });
      }
    });
  };
}
