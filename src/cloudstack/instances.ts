import { z } from 'zod';
import { notFound, toAppError } from '../base/errors.ts';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientNumber, lenientString } from './fields.ts';
import { pendingJobId } from './pending-jobs.ts';
import { list } from './read.ts';

/** Virtual machines of CloudStack, as we read them. */

export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | undefined;
  /** Running, Stopped, Starting, Stopping, Destroyed, Expunging, Error, ... */
  readonly state: string;
  readonly zoneId: string | undefined;
  readonly account: string | undefined;
  /** Of that account: names of accounts are unique in their domain only. */
  readonly domainId: string | undefined;
  readonly hypervisor: string | undefined;
  readonly serviceOfferingId: string | undefined;
  readonly templateId: string | undefined;
  /** UEFI or BIOS, in capitals; undefined where the cloud does not tell. Source: UserVmJoinDaoImpl, Uefi and Bios. */
  readonly bootType: string | undefined;
  readonly nics: readonly InstanceNic[];
  /** The async job that works on it at the moment. */
  readonly pendingJobId: string | undefined;
}

/** Source: VirtualMachine.State of Apache CloudStack. */
const OFF: ReadonlySet<string> = new Set(['Stopped', 'Shutdown', 'Destroyed', 'Expunging', 'Error']);

/** Whether its guest may run: also that of a VM on its way off, or on a host that nobody reaches (Unknown). */
export const mayRun = ({ state }: Pick<Instance, 'state'>): boolean => !OFF.has(state);

export interface InstanceNic {
  readonly id: string | undefined;
  readonly networkId: string | undefined;
  readonly networkName: string | undefined;
  /** Lower case, with colons. */
  readonly macAddress: string | undefined;
  readonly ipAddress: string | undefined;
}

const nicSchema = z
  .object({
    id: lenientString,
    networkid: lenientString,
    networkname: lenientString,
    macaddress: lenientString,
    ipaddress: lenientString,
  })
  .transform((row): InstanceNic => ({
    id: row.id,
    networkId: row.networkid,
    networkName: row.networkname,
    macAddress: row.macaddress?.toLowerCase(),
    ipAddress: row.ipaddress,
  }));

const instanceSchema = z
  .object({
    id,
    name: lenientString,
    displayname: lenientString,
    state: lenientString,
    zoneid: lenientString,
    account: lenientString,
    domainid: lenientString,
    hypervisor: lenientString,
    serviceofferingid: lenientString,
    templateid: lenientString,
    boottype: lenientString,
    nic: z.array(nicSchema).optional().catch(undefined),
    jobid: lenientString,
    jobstatus: lenientNumber,
  })
  .transform((row): Instance => ({
    id: row.id,
    name: row.name ?? '',
    displayName: row.displayname,
    state: row.state ?? '',
    zoneId: row.zoneid,
    account: row.account,
    domainId: row.domainid,
    hypervisor: row.hypervisor,
    serviceOfferingId: row.serviceofferingid,
    templateId: row.templateid,
    bootType: row.boottype?.toUpperCase(),
    nics: row.nic ?? [],
    pendingJobId: pendingJobId(row),
  }));

export interface InstanceFilter {
  readonly id?: string;
  /** Exact; CloudStack itself searches for a part of the name. */
  readonly name?: string;
  readonly zoneId?: string;
}

/** VMs that this API key may see. */
export async function listInstances(
  client: CloudStackClient,
  filter: InstanceFilter = {},
  options: CallOptions = {},
): Promise<Instance[]> {
  const { zoneId, ...same } = filter;
  const parameters = { listall: 'true', ...same, ...(zoneId === undefined ? {} : { zoneid: zoneId }) };
  const instances = await list(client, 'listVirtualMachines', { parameters, item: instanceSchema, ...options });
  return instances.filter((instance) => filter.name === undefined || instance.name === filter.name);
}

/** The VM, or undefined when it does not exist (or this API key may not see it). */
export async function findInstance(
  client: CloudStackClient,
  instanceId: string,
  options: CallOptions = {},
): Promise<Instance | undefined> {
  try {
    const found = await listInstances(client, { id: instanceId }, options);
    return found.find((instance) => instance.id === instanceId);
  } catch (thrown) {
    if (toAppError(thrown).code === 'cloudstack.not-found') return undefined;
    throw thrown;
  }
}

/** @throws not-found `cloudstack.instance-not-found`. */
export async function getInstance(
  client: CloudStackClient,
  instanceId: string,
  options: CallOptions = {},
): Promise<Instance> {
  const instance = await findInstance(client, instanceId, options);
  if (instance !== undefined) return instance;
  throw notFound('cloudstack.instance-not-found', `VM ${instanceId} does not exist in cloudstack`, {
    hint: 'it was deleted, or the account of this API key may not see it',
    details: { instanceId },
  });
}
