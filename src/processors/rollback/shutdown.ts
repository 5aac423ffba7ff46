import { precondition } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import { stopInstance } from '../../cloudstack/instance-changes.ts';
import { findInstance } from '../../cloudstack/instances.ts';
import type { StepWork } from '../../workflow/define.ts';
import { cloudOf, orLeft, WayBack, type Problems, type Rollback } from './context.ts';

const STOP_TIMEOUT_MS = 5 * MINUTE;
/** Of a VM that runs nowhere. */
const AT_REST: ReadonlySet<string> = new Set(['Stopped', 'Destroyed', 'Expunging', 'Expunged', 'Error']);

/** Its memory and what it wrote are thrown away: nobody waits for its guest. */
export const shutdown: StepWork<Rollback> = {
  async run({ context, outputs, signal, log }): Promise<Problems> {
    const plan = outputs.get('failover-job-retrieval', WayBack);
    const { vmId } = plan;
    if (vmId === null) return { problems: [] };
    const cloud = await cloudOf(context, plan);
    const { client } = cloud;
    if (cloud.isOma(vmId)) {
      throw precondition('rollback.oma-vm', `VM ${vmId} is an appliance: nothing was changed`, { details: { vmId } });
    }
    const problems = await orLeft(context, { kind: 'vm', id: vmId }, async () => {
      const instance = await findInstance(client, vmId, { signal });
      if (instance === undefined || AT_REST.has(instance.state)) return;
      await stopInstance(client, { vmId, forced: true }, { signal, timeoutMs: STOP_TIMEOUT_MS });
      log.info({ vmId }, 'VM of the failover stopped');
    });
    return { problems };
  },
};
