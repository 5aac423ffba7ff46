import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { requestJson } from '../http/json-client.ts';
import { SECOND } from '../base/units.ts';

/** What an operator does first once the processes run. */

const login = z.object({ success: z.literal(true), session_token: z.string() });

/** Logs in as the admin that the API made at its first start. @returns a bearer token that lives 24 hours */
export async function labToken(apiUrl: string, stateDir: string): Promise<string> {
  const password = readFileSync(join(stateDir, 'admin-password'), 'utf8').trim();
  const answer = await requestJson(
    { name: 'api', url: apiUrl, token: undefined },
    {
      method: 'POST',
      path: '/auth/login',
      body: { username: 'admin', password },
      answer: login,
      deadlineMs: 30 * SECOND,
    },
  );
  return answer.session_token;
}
