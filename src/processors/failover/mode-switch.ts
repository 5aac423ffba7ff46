import type { StepScope, StepWork } from '../../workflow/define.ts';
import { volumeChildren } from '../volume-children.ts';
import { detachedVolumes, slotsFor } from './appliance.ts';
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
  const left = (await detachedVolumes(scope)).filter(({ omaVmId }) => omaVmId !== null);
  const slots = left.length === 0 ? undefined : await slotsFor(scope);
  if (slots === undefined) return;
  for (const { diskId, volumeId } of left) {
    const action = { action: 'attach', volumeId, vmId: slots.vm.vmId } as const;
    const what = 'it could not be attached to the appliance again: the next replication tries to';
    await orLeaveBehind(scope, { kind: 'volume', id: volumeId, what }, async () => {
      await volumeChildren(scope.context.run, [{ key: `attach ${diskId} again`, action }]);
    });
  }
}
