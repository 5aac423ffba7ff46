import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurable } from '../cloudstack/durable-file.ts';

/** Who may log in at the simulated vCenter: made at the first start, kept in a file that only its owner reads. */

const keysSchema = z.object({
  username: z.string(),
  password: z.string(),
  /** For the control endpoint. */
  controlToken: z.string(),
});
export type Keys = z.output<typeof keysSchema>;

export const keysFile = (dir: string): string => join(dir, 'keys.json');

export function openKeys(dir: string): Keys {
  const path = keysFile(dir);
  const text = readIfThere(path);
  if (text !== undefined) return keysSchema.parse(JSON.parse(text));
  const keys: Keys = {
    username: 'administrator@vsphere.local',
    // With what a careless writer of XML would stumble over.
    password: `${randomBytes(15).toString('base64url')}&<"'`,
    controlToken: randomBytes(32).toString('base64url'),
  };
  writeDurable(path, `${JSON.stringify(keys, null, 2)}\n`);
  return keys;
}
