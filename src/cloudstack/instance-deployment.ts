import { busy, conflict, invalidRequest } from '../base/errors.ts';
import { MINUTE } from '../base/units.ts';
import { bringAbout, type ChangeOptions } from './bring-about.ts';
import type { CloudStackClient } from './client.ts';
import { steadyInstance } from './instance-changes.ts';
import { findInstance, listInstances, type Instance } from './instances.ts';
import type { Parameters } from './signature.ts';

/** Includes the copy of the template to primary storage, when it is the first VM of that template there. */
const DEPLOY_TIMEOUT_MS = 30 * MINUTE;

export interface NewInstance {
  /**
   * A host name: at most 63 letters, digits and hyphens, beginning with a letter. Names the intent, not just the VM: it
   * must hold the id of the operation that asks for it, because a VM that already has this name in this zone is taken
   * for the result of an earlier attempt.
   */
  readonly name: string;
  readonly displayName: string;
  readonly zoneId: string;
  readonly serviceOfferingId: string;
  readonly templateId: string;
  /** In this order; the first is the default one. */
  readonly nics: readonly NewNic[];
  /** e.g. cpuNumber, memory (MiB) and cpuSpeed (MHz) of a customized offering, rootDiskController. */
  readonly details: Readonly<Record<string, string>>;
  readonly boot: { readonly type: 'UEFI' | 'BIOS'; readonly mode: 'LEGACY' | 'SECURE' };
  readonly rootDiskSizeGiB?: number | undefined;
  /** A uuid for the VM, written down before the call. Only for keys of a root admin; rules out a second VM. */
  readonly customId?: string | undefined;
}

export interface NewNic {
  readonly networkId: string;
  readonly macAddress?: string | undefined;
  readonly ipAddress?: string | undefined;
}

/**
 * The VM with this name in this zone: found, or made; a new one is not started.
 * @throws invalid-request `cloudstack.instance-name`; conflict `cloudstack.instance-ambiguous` (several have that name)
 * and `cloudstack.instance-mismatch` (of another offering or template); busy `cloudstack.instance-busy`; and what
 * CloudStack refuses: `cloudstack.no-capacity`, `cloudstack.resource-limit`, ...
 */
export async function deployInstance(
  client: CloudStackClient,
  instance: NewInstance,
  options: ChangeOptions = {},
): Promise<Instance> {
  const { signal } = options;
  const { name, customId } = instance;
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)) throw badName(name);
  let createdId = customId;
  return bringAbout(
    client,
    {
      command: 'deployVirtualMachine',
      parameters: parametersFor(instance),
      mayRepeat: customId !== undefined,
      async look() {
        const created = createdId === undefined ? undefined : await findInstance(client, createdId, { signal });
        const found = created ?? (await findByIntent(client, instance, options));
        const steady = await steadyInstance(client, found, options);
        // A deployment that fails leaves a VM in Error behind, which CloudStack itself sweeps away.
        return steady === undefined || GONE.has(steady.state) ? undefined : checkDeployed(steady, instance);
      },
    },
    {
      ...options,
      timeoutMs: options.timeoutMs ?? DEPLOY_TIMEOUT_MS,
      async onSubmitted(submitted) {
        createdId = submitted.id ?? createdId;
        await options.onSubmitted?.(submitted);
      },
    },
  );
}

function parametersFor(instance: NewInstance): Parameters {
  const { boot, customId, rootDiskSizeGiB } = instance;
  const parameters: Record<string, string> = {
    name: instance.name,
    displayname: instance.displayName,
    zoneid: instance.zoneId,
    serviceofferingid: instance.serviceOfferingId,
    templateid: instance.templateId,
    startvm: 'false',
    boottype: boot.type,
    bootmode: boot.mode,
    ...(rootDiskSizeGiB === undefined ? {} : { rootdisksize: String(rootDiskSizeGiB) }),
    ...(customId === undefined ? {} : { customid: customId }),
  };
  for (const [name, value] of Object.entries(instance.details)) parameters[`details[0].${name}`] = value;
  for (const [index, nic] of instance.nics.entries()) {
    const prefix = `iptonetworklist[${index}]`;
    parameters[`${prefix}.networkid`] = nic.networkId;
    if (nic.macAddress !== undefined) parameters[`${prefix}.mac`] = nic.macAddress;
    if (nic.ipAddress !== undefined) parameters[`${prefix}.ip`] = nic.ipAddress;
  }
  return parameters;
}

/** Source: VirtualMachine.State of Apache CloudStack. */
const GONE: ReadonlySet<string> = new Set(['Error', 'Destroyed', 'Expunging']);

async function findByIntent(
  client: CloudStackClient,
  { name, zoneId }: NewInstance,
  { signal }: ChangeOptions,
): Promise<Instance | undefined> {
  const found = await listInstances(client, { name, zoneId }, { signal });
  const same = found.filter((instance) => instance.zoneId === zoneId && !GONE.has(instance.state));
  if (same.length < 2) return same[0];
  throw conflict('cloudstack.instance-ambiguous', `several VMs in the zone are named ${name}`, {
    details: { name, zoneId, vmIds: same.map((instance) => instance.id) },
    hint: 'none of them has been used by this operation: destroy those that are not wanted and try again',
  });
}

function checkDeployed(found: Instance, wanted: NewInstance): Instance {
  const details = { vmId: found.id, name: found.name, state: found.state };
  if (found.pendingJobId !== undefined) {
    throw busy('cloudstack.instance-busy', `VM ${found.name} is being worked on`, { retry: 'backoff', details });
  }
  const { serviceOfferingId, templateId } = wanted;
  if (found.serviceOfferingId === serviceOfferingId && found.templateId === templateId) return found;
  throw conflict('cloudstack.instance-mismatch', `there is a VM named ${found.name}, but not as it is wanted`, {
    details: { ...details, serviceOfferingId: found.serviceOfferingId, templateId: found.templateId },
    hint: 'somebody else uses that name: rename or destroy that VM',
  });
}

const badName = (name: string): Error =>
  invalidRequest('cloudstack.instance-name', `${JSON.stringify(name)} is not a host name`, {
    hint: 'up to 63 letters, digits and hyphens, beginning with a letter and not ending with a hyphen',
  });
