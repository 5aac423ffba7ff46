import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurable } from './durable-file.ts';

/** Keys of the simulated cloud: made at the first start, kept in a file that only its owner reads. */

const keyPair = z.object({ apiKey: z.string(), secretKey: z.string() });

const keysSchema = z.object({
  /** Root admin. */
  admin: keyPair,
  /** An ordinary user, who sees only what is theirs. */
  user: keyPair,
  /** For the control endpoint, which injects faults. */
  controlToken: z.string(),
});

export type Keys = z.output<typeof keysSchema>;

export const keysFile = (dir: string): string => join(dir, 'keys.json');

const newKey = (): string => randomBytes(64).toString('base64url');

export function openKeys(dir: string): Keys {
  const path = keysFile(dir);
  const text = readIfThere(path);
  if (text !== undefined) return keysSchema.parse(JSON.parse(text));
  const keys: Keys = {
    admin: { apiKey: newKey(), secretKey: newKey() },
    user: { apiKey: newKey(), secretKey: newKey() },
    controlToken: newKey(),
  };
  writeDurable(path, `${JSON.stringify(keys, null, 2)}\n`, 0o600);
  return keys;
}
