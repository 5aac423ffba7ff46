import { toAppError, describeError } from '../../base/errors.ts';
import { findMapping } from '../../db/stores/device-mapping-store.ts';
import type { StepScope, StepWork } from '../../workflow/define.ts';
import { ensureSlots, type Slots } from '../replicate/slots.ts';
import { volumeChildren } from '../volume-children.ts';
import { FailoverPlan, type Failover } from './context.ts';
import { orLeaveBehind } from './left-behind.ts';

/**
 * All volumes are the last committed point from here on, and nobody exports them. The way back is the last of what is
 * undone for the volumes: by then nothing but the appliance has them.
 */
export const modeSwitch: StepWork<Failover> = {
  async run({ context: { run }, outputs }) {
    const { volumes } = outputs.get('validation', FailoverPlan);
    await volumeChildren(
      run,
      volumes.map(({ diskId, volumeId }) => ({
        key: `hand over ${diskId}`,
        action: { action: 'hand-over', volumeId, mode: 'failover' },
      })),
    );
  },

  async undo(scope) {
    const { context, outputs } = scope;
    const { volumes } = outputs.get('validation', FailoverPlan);
    await volumeChildren(
      context.run,
      volumes.map(({ diskId, volumeId }) => ({
        key: `give back ${diskId}`,
        action: { action: 'hand-over', volumeId, mode: 'oma' },
      })),
    );
    await attachAgain(scope);
  },
};

/** Those that were attached; where there is no room for them now the next replication waits for it, and loses nothing. */
async function attachAgain(scope: StepScope<Failover>): Promise<void> {
  const { context, outputs, log } = scope;
  const { zoneId, volumes } = outputs.get('validation', FailoverPlan);
  const attached: FailoverPlan['volumes'] = [];
  for (const volume of volumes) {
    const mapping = await findMapping(context.deps.db, volume.volumeId);
    if (volume.omaVmId !== null && mapping?.cloudstackState !== 'attached') attached.push(volume);
  }
  if (attached.length === 0) return;
  const asked = { zoneId, volumes: attached.map(({ volumeId }) => ({ volumeId })) };
  let slots: Slots;
  try {
    slots = await ensureSlots(context, asked);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!NO_ROOM.has(error.code)) throw error;
    log.warn({ error: describeError(error) }, 'volumes stay detached until the next replication');
    return;
  }
  for (const { diskId, volumeId } of attached) {
    const action = { action: 'attach', volumeId, vmId: slots.vm.vmId } as const;
    const what = 'it could not be attached to the appliance again: the next replication tries to';
    await orLeaveBehind(scope, { kind: 'volume', id: volumeId, what }, async () => {
      await volumeChildren(context.run, [{ key: `attach ${diskId} again`, action }]);
    });
  }
}

const NO_ROOM: ReadonlySet<string> = new Set(['replication.waits-for-slots', 'replication.too-many-disks']);
