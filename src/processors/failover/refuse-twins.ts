import { conflict } from '../../base/errors.ts';
import type { CloudStackClient } from '../../cloudstack/client.ts';
import { findInstance, mayRun } from '../../cloudstack/instances.ts';

/**
 * Two machines of one name and address must never run at a time: asked before the source is powered on.
 * @throws conflict `failover.twin-runs` while the VM of the failover runs, or may
 */
export async function refuseTwins(client: CloudStackClient, vmId: string, signal: AbortSignal): Promise<void> {
  const instance = await findInstance(client, vmId, { signal });
  if (instance === undefined || !mayRun(instance)) return;
  throw conflict(
    'failover.twin-runs',
    `VM ${instance.name} of the failover is ${instance.state}, so it may still run`,
    {
      hint: 'stop it in CloudStack, then power the source VM on',
      details: { vmId, state: instance.state },
    },
  );
}
