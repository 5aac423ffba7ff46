import { readFile } from 'node:fs/promises';
import { FAILURES_PER_ADDRESS } from '../../../src/api/auth/login-guard.ts';
import type { Examples, World } from './example.ts';

const password = async ({ api }: World): Promise<string> =>
  (await readFile(api.config.api.adminPasswordFile, 'utf8')).trim();
const login = (given: string) => ({ token: '', body: { username: 'admin', password: given } });

export const authExamples: Examples = {
  'POST /auth/login': [
    { status: 200, ask: async (world) => login(await password(world)) },
    { status: 401, code: 'auth.bad-credentials', ask: () => login('wrong') },
    {
      status: 429,
      code: 'auth.too-many-attempts',
      ask: async ({ api }) => {
        for (let count = 0; count < FAILURES_PER_ADDRESS; count += 1)
          await api.call('POST', '/auth/login', login('wrong'));
        return login('wrong');
      },
    },
  ],
  'POST /auth/logout': [
    { status: 200, ask: () => ({ token: '' }) },
    {
      status: 403,
      code: 'auth.cross-site',
      ask: () => ({ token: '', headers: { cookie: 'migratekit_session=x', 'sec-fetch-site': 'cross-site' } }),
    },
  ],
};
