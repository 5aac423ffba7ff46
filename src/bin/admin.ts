// `./migratekit admin password | hash | token`: what the host's own operator may ask for without signing in.
import { text } from 'node:stream/consumers';
import { hashPassword } from '../api/auth/users.ts';
import { readSecret } from '../api/auth/made-once.ts';
import { createToken } from '../api/auth/sessions.ts';
import { describeError } from '../base/errors.ts';
import { toConfig } from '../config/config.ts';
import { readEnv } from '../config/env.ts';

const USAGE = `usage: migratekit admin password   the password of the admin that the first start made
       migratekit admin hash       reads a password from standard input, prints the hash for MIGRATEKIT_USERS
       migratekit admin token      a bearer token that lives 24 hours`;

try {
  const config = toConfig(readEnv());
  const command = process.argv[2];
  if (command === 'password' && config.api.users !== undefined) {
    throw new Error('users come from MIGRATEKIT_USERS; there is no admin password');
  } else if (command === 'password') {
    const password = await readSecret(config.api.adminPasswordFile);
    if (password === undefined) throw new Error('there is no admin yet: the first start of the API makes one');
    console.log(password);
  } else if (command === 'hash') {
    const password = (await text(process.stdin)).replace(/\r?\n$/, '');
    if (password.length < 12) throw new Error('the password needs at least 12 characters');
    console.log(await hashPassword(password));
  } else if (command === 'token') {
    console.log((await createToken(config, { user: 'admin', hours: 24 })).token);
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  console.error(`migratekit admin: ${describeError(error)}`);
  process.exitCode = 1;
}
