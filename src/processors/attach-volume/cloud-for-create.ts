import { z } from 'zod';
import { findContext } from '../../db/stores/context-store.ts';
import type { JobRun } from '../../queues/define-job.ts';
import type { VolumeAction } from '../../queues/jobs/attach-volume.ts';
import type { OpenCloud } from '../../volumes/cloud.ts';
import { once } from './once.ts';

const CLOUD = { name: 'cloud', output: z.object({ configId: z.int() }) };

/**
 * The configuration of the cloud that a new volume belongs into: that of its VM, whichever is active, because all
 * volumes of a VM are in one cloud; of a volume for no VM, or for one that was never replicated, the active one. Decided
 * once per job: an attempt that asked another cloud than the one before would make a second volume there.
 */
export async function cloudForCreate(
  run: JobRun<VolumeAction>,
  { contextId }: VolumeAction & { action: 'create' },
  openCloud: OpenCloud,
): Promise<number> {
  const { configId } = await once(run, {
    ...CLOUD,
    async act() {
      const context = contextId === null ? undefined : await run.fenced((trx) => findContext(trx, contextId));
      const cloud = await openCloud(context?.osseaConfigId ?? null);
      return { configId: cloud.configId };
    },
  });
  return configId;
}
