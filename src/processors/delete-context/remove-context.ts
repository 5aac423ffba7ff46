import { conflict } from '../../base/errors.ts';
import { lockForgetting, removeContext } from '../../db/stores/deletion-store.ts';
import type { StepWork } from '../../workflow/define.ts';
import { DeletedVolumes } from '../delete-job/context.ts';
import { ForgettingPlan, type Forgetting } from './context.ts';

/**
 * The rows go, all at once, when the cloud has confirmed that the volumes are gone: a volume that nobody remembers
 * would be paid for ever.
 * @throws conflict `context.volumes-kept`
 */
export const removeTheContext: StepWork<Forgetting> = {
  async run({ context: { run }, outputs }) {
    const { contextId, vmName } = run.payload;
    const { left } = outputs.get('validate', ForgettingPlan);
    const { kept } = outputs.find('delete-volumes', DeletedVolumes) ?? { kept: [] };
    const why = new Map(kept.map(({ volumeId, reason }) => [volumeId, reason]));
    await run.fenced(async (trx) => {
      const subject = await lockForgetting(trx, contextId);
      const remaining = (subject?.volumes ?? []).filter(({ volumeId }) => !left.includes(volumeId));
      if (remaining.length === 0) return removeContext(trx, contextId);
      const named = remaining.map(({ volumeId }) => `${volumeId}${reasonOf(why.get(volumeId))}`).join('; ');
      throw conflict('context.volumes-kept', `${vmName} still has volumes in the cloud: ${named}`, {
        details: { contextId, volumes: remaining.map(({ volumeId }) => volumeId) },
        hint: 'detach them from the VM that has them, then delete this VM again',
      });
    });
  },
};

const reasonOf = (reason: string | undefined): string => (reason === undefined ? '' : ` (${reason})`);
