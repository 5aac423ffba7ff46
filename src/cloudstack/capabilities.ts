import { z } from 'zod';
import { parseAnswer, type CallOptions, type CloudStackClient } from './client.ts';
import { lenientBoolean, lenientString } from './fields.ts';
import { read } from './read.ts';

export interface Capabilities {
  /** e.g. 4.19.1.0 */
  readonly version: string;
  /** Whether ordinary users may see volumes that were destroyed and not yet expunged. */
  readonly usersMayRecover: boolean | undefined;
}

const capabilitySchema = z.object({
  capability: z.object({
    cloudstackversion: lenientString,
    allowuserexpungerecovervolume: lenientBoolean,
  }),
});

/** What the server is; the cheapest call that proves endpoint, keys and clocks. */
export async function getCapabilities(client: CloudStackClient, options: CallOptions = {}): Promise<Capabilities> {
  const answer = await read(client, 'listCapabilities', { parameters: {}, ...options });
  const { capability } = parseAnswer(capabilitySchema, answer, 'listCapabilities');
  return {
    version: capability.cloudstackversion ?? 'unknown',
    usersMayRecover: capability.allowuserexpungerecovervolume,
  };
}
