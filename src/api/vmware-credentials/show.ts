import type { Knex } from '../../db/knex.ts';
import { credentialUnknown, findCredential, type CredentialRecord } from '../../db/stores/vmware-credential-store.ts';
import { wire } from '../present/wire.ts';

/** The credential of this parameter of a path. @throws notFound `credential.unknown` */
export async function credentialOf(db: Knex, id: string): Promise<CredentialRecord> {
  const found = /^[1-9]\d{0,9}$/.test(id) ? await findCredential(db, Number(id)) : undefined;
  if (found === undefined) throw credentialUnknown(id);
  return found;
}

/** A record has no password, so an answer can have none. */
export const presentCredential = (credential: CredentialRecord): Record<string, unknown> => wire(credential);
