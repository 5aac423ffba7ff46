import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { id, lenientNumber, lenientString } from './fields.ts';
import { ifPermitted } from './permitted.ts';
import { list } from './read.ts';

const capabilitySchema = z.object({
  id,
  hypervisor: lenientString,
  hypervisorversion: lenientString,
  maxdatavolumeslimit: lenientNumber,
});

/**
 * How many volumes a VM of this hypervisor (e.g. KVM) takes besides its root disk. Undefined where the server does not
 * say, or this API key may not ask: only a root admin may.
 * CloudStack counts by the row of the version `default` where it has none for the version of the host, and KVM hosts
 * have none. Source: KVMGuru and HypervisorCapabilitiesDaoImpl of Apache CloudStack.
 */
export async function maxDataVolumes(
  client: CloudStackClient,
  { hypervisor }: { readonly hypervisor: string },
  options: CallOptions = {},
): Promise<number | undefined> {
  const rows = await ifPermitted(() =>
    list(client, 'listHypervisorCapabilities', { parameters: { hypervisor }, item: capabilitySchema, ...options }),
  );
  const own = rows?.filter((row) => row.hypervisor?.toLowerCase() === hypervisor.toLowerCase()) ?? [];
  const counted = own.find((row) => row.hypervisorversion === 'default') ?? (own.length === 1 ? own[0] : undefined);
  return counted?.maxdatavolumeslimit;
}
