import { z } from 'zod';
import type { CallOptions, CloudStackClient } from './client.ts';
import { lenientString } from './fields.ts';
import { ifPermitted } from './permitted.ts';
import { list } from './read.ts';

const settingSchema = z
  .object({ name: z.string(), value: lenientString })
  .transform((row) => ({ id: row.name, value: row.value }));

/**
 * A global setting as text, e.g. `kvm.snapshot.enabled`. Undefined where it is not set, does not exist, or this API key
 * may not read settings: only a root admin may.
 */
export async function readSetting(
  client: CloudStackClient,
  name: string,
  options: CallOptions = {},
): Promise<string | undefined> {
  const settings = await ifPermitted(() =>
    list(client, 'listConfigurations', { parameters: { name }, item: settingSchema, ...options }),
  );
  return settings?.find((setting) => setting.id === name)?.value;
}
