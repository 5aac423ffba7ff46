import { describeError, toAppError } from '../../base/errors.ts';
import { findMapping } from '../../db/stores/device-mapping-store.ts';
import type { StepScope } from '../../workflow/define.ts';
import { ensureSlots, type Slots } from '../replicate/slots.ts';
import { FailoverPlan, type Failover } from './context.ts';

type PlannedVolume = FailoverPlan['volumes'][number];

/** Those of the VM that are attached to no VM, as our rows have it. */
export async function detachedVolumes({ context, outputs }: StepScope<Failover>): Promise<PlannedVolume[]> {
  const detached: PlannedVolume[] = [];
  for (const volume of outputs.get('validation', FailoverPlan).volumes) {
    const mapping = await findMapping(context.deps.db, volume.volumeId);
    if (mapping?.cloudstackState !== 'attached') detached.push(volume);
  }
  return detached;
}

/** Slots for all volumes of the VM; undefined where there is no room now. @throws what ensureSlots throws else */
export async function slotsFor({ context, outputs, log }: StepScope<Failover>): Promise<Slots | undefined> {
  const { zoneId, volumes } = outputs.get('validation', FailoverPlan);
  try {
    return await ensureSlots(context, { zoneId, volumes });
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!NO_ROOM.has(error.code)) throw error;
    log.warn({ error: describeError(error) }, 'no room for the volumes at an appliance');
    return undefined;
  }
}

const NO_ROOM: ReadonlySet<string> = new Set(['replication.waits-for-slots', 'replication.too-many-disks']);
