import { notFound } from '../base/errors.ts';
import type { Api } from './client/api.ts';
import type { Credential } from './client/answers.ts';
import { collect } from './client/pages.ts';

/** An installation has as many as it has vCenters. */
const CREDENTIALS_MAX = 10_000;

export async function allCredentials(api: Api): Promise<readonly Credential[]> {
  const { rows } = await collect(CREDENTIALS_MAX, async (page) => {
    const answer = await api.credentials(page);
    return { rows: answer.credentials, total: answer.count, next: answer.next_cursor };
  });
  return rows;
}

/** By its name, in upper or lower case, or by its number. @throws notFound `credential.unknown` */
export async function findCredential(api: Api, name: string): Promise<Credential> {
  const credentials = await allCredentials(api);
  const found =
    credentials.find((one) => one.credential_name.toLowerCase() === name.toLowerCase()) ??
    credentials.find((one) => String(one.id) === name);
  if (found !== undefined) return found;
  throw notFound('credential.unknown', `there is no credential called ${name}`, {
    hint: 'migratekit credentials lists them; migratekit credentials add saves one',
  });
}

/** As requests name it; 0, the default one, where none is named. @throws notFound `credential.unknown` */
export const credentialId = async (api: Api, name: string | undefined): Promise<number> =>
  name === undefined ? 0 : (await findCredential(api, name)).id;
