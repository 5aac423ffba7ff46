import { MINUTE } from '../base/units.ts';
import { bringAbout, type ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { findInstance, getInstance, type Instance } from './instances.ts';
import { untilSteady } from './steady.ts';
import { attachedElsewhere } from './steady-volume.ts';
import { listVolumes } from './volumes.ts';

/**
 * Power and end of CloudStack VMs; how they are made is in instance-deployment.ts. Each looks first and may be repeated
 * after a crash or a lost answer. Source of the rules: UserVmManagerImpl of Apache CloudStack.
 */

const POWER_TIMEOUT_MS = 10 * MINUTE;

/** Source: VirtualMachine.State of Apache CloudStack. */
const PASSING_STATES: ReadonlySet<string> = new Set(['Starting', 'Stopping', 'Migrating']);

/** The VM after what works on it has ended; undefined when that was its end. @throws as `untilSteady`. */
export function steadyInstance(
  client: CloudStackClient,
  first: Instance | undefined,
  options: ChangeOptions,
): Promise<Instance | undefined> {
  const { signal } = options;
  const find = (id: string): Promise<Instance | undefined> => findInstance(client, id, { signal });
  return untilSteady(client, { what: 'VM', first, find, passingStates: PASSING_STATES }, options);
}

/**
 * Running when it returns. Running already is a success.
 * @throws not-found `cloudstack.instance-not-found`, upstream `cloudstack.no-capacity`, ...
 */
export async function startInstance(
  client: CloudStackClient,
  { vmId }: { readonly vmId: string },
  options: ChangeOptions = {},
): Promise<Instance> {
  return bringAbout(
    client,
    {
      command: 'startVirtualMachine',
      parameters: { id: vmId },
      mayRepeat: true,
      look: () => inState(client, { vmId, state: 'Running' }, options),
    },
    { ...options, timeoutMs: options.timeoutMs ?? POWER_TIMEOUT_MS },
  );
}

/**
 * Stopped when it returns. Stopped already is a success. `forced` pulls the plug, and waits for no answer of the host.
 * @throws not-found `cloudstack.instance-not-found`, ...
 */
export async function stopInstance(
  client: CloudStackClient,
  { vmId, forced = false }: { readonly vmId: string; readonly forced?: boolean },
  options: ChangeOptions = {},
): Promise<Instance> {
  return bringAbout(
    client,
    {
      command: 'stopVirtualMachine',
      parameters: { id: vmId, forced: String(forced) },
      mayRepeat: true,
      look: () => inState(client, { vmId, state: 'Stopped' }, options),
    },
    { ...options, timeoutMs: options.timeoutMs ?? POWER_TIMEOUT_MS },
  );
}

async function inState(
  client: CloudStackClient,
  { vmId, state }: { readonly vmId: string; readonly state: string },
  options: ChangeOptions,
): Promise<Instance | undefined> {
  const { signal } = options;
  const steady = await steadyInstance(client, await getInstance(client, vmId, { signal }), options);
  // Gone meanwhile: let the error say so.
  const instance = steady ?? (await getInstance(client, vmId, { signal }));
  return instance.state === state ? instance : undefined;
}

export interface Destruction {
  readonly vmId: string;
  /** For good, instead of after the waiting time of the cloud. */
  readonly expunge: boolean;
  /** Volumes that must outlive the VM: CloudStack deletes its root disk with it, whatever that is. */
  readonly keepVolumeIds: readonly string[];
}

/**
 * Destroys the VM together with its root disk. A VM that does not exist is a success.
 * @throws conflict `cloudstack.volume-attached`: one of `keepVolumeIds` is attached to it, and nothing was done.
 */
export async function destroyInstance(
  client: CloudStackClient,
  { vmId, expunge, keepVolumeIds }: Destruction,
  options: ChangeOptions = {},
): Promise<void> {
  const { signal } = options;
  await bringAbout(
    client,
    {
      command: 'destroyVirtualMachine',
      parameters: { id: vmId, expunge: String(expunge) },
      mayRepeat: true,
      async look() {
        const found = await findInstance(client, vmId, { signal });
        const instance = await steadyInstance(client, found, options);
        if (instance === undefined || instance.state === 'Expunging') return 'destroyed' as const;
        if (instance.state === 'Destroyed' && !expunge) return 'destroyed' as const;
        const volumes = await listVolumes(client, { vmId }, { signal });
        const kept = volumes.find((volume) => keepVolumeIds.includes(volume.id));
        if (kept !== undefined) throw attachedElsewhere(kept, undefined);
        return undefined;
      },
    },
    { ...options, timeoutMs: options.timeoutMs ?? POWER_TIMEOUT_MS },
  );
}
