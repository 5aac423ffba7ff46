import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { busy } from '../../base/errors.ts';
import type { ApiConfig } from '../../config/config.ts';
import { readOrMakeSecret } from './made-once.ts';

/** Who may sign in: the users of MIGRATEKIT_USERS, else one admin whose random password lies in a file. */

export interface Users {
  /** Whether this is the user's password. Takes as long for a name that does not exist. @throws busy `auth.busy` */
  check(name: string, password: string): Promise<boolean>;
}

/** Password checks at a time: each fills about 20 MiB, and strangers may ask for them. */
const CHECKS_MAX = 16;

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;
const ADMIN = 'admin';

/** @throws Error when MIGRATEKIT_USERS cannot be read; precondition `state.unusable` for the admin's file. */
export async function openUsers(config: Pick<ApiConfig, 'users' | 'adminPasswordFile'>): Promise<Users> {
  if (config.users !== undefined) return fromHashes(parseUsers(config.users));
  // 24 random bytes: nobody guesses them, so a plain digest in memory is as good as a slow hash.
  const password = await readOrMakeSecret(config.adminPasswordFile, () => randomBytes(24).toString('base64url'));
  const expected = digest(password);
  return {
    check: (name, given) => Promise.resolve(timingSafeEqual(digest(given), expected) && name === ADMIN),
  };
}

/** `name:argon2id-hash`, separated by white space. @throws Error that names the place, never the hash. */
export function parseUsers(setting: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [index, entry] of setting.trim().split(/\s+/).entries()) {
    const colon = entry.indexOf(':');
    const name = entry.slice(0, Math.max(colon, 0));
    if (!NAME.test(name) || !entry.slice(colon + 1).startsWith('$argon2id$')) {
      throw new Error(`settings are wrong: MIGRATEKIT_USERS, entry ${index + 1}: must be name:argon2id-hash`);
    }
    if (users.has(name)) throw new Error(`settings are wrong: MIGRATEKIT_USERS, entry ${index + 1}: the name is taken`);
    users.set(name, entry.slice(colon + 1));
  }
  return users;
}

/** The argon2id hash of a password, as MIGRATEKIT_USERS wants it. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

async function fromHashes(users: ReadonlyMap<string, string>): Promise<Users> {
  const nobody = await hashPassword(randomBytes(24).toString('base64url'));
  let running = 0;
  return {
    async check(name, password) {
      if (running >= CHECKS_MAX)
        throw busy('auth.busy', 'too many sign-ins at a time', { hint: 'try again in a few seconds' });
      running += 1;
      try {
        return await verify(users.get(name) ?? nobody, password);
      } finally {
        running -= 1;
      }
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
