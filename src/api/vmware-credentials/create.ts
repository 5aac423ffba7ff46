import { Secret } from '../../config/secrets.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { storeAnswer, type RequestKey } from '../../db/stores/idempotency-store.ts';
import {
  credentialInactive,
  insertCredential,
  makeDefault,
  type CredentialValues,
} from '../../db/stores/vmware-credential-store.ts';
import { normalThumbprint } from '../../domain/certificate-pin.ts';
import type { Answer } from '../route.ts';
import type { CreateVmwareCredential } from '../schemas/vmware-credentials.ts';
import { credentialOf, presentCredential } from './show.ts';

export interface CreateRequest {
  readonly body: CreateVmwareCredential;
  readonly user: string;
  readonly key: RequestKey | undefined;
}

/**
 * Saves a credential, its password sealed.
 * @throws conflict `credential.exists`, `credential.inactive` when it is to be the default and not active
 */
export async function createCredential(db: Knex, box: SecretBox, request: CreateRequest): Promise<Answer> {
  const { body, user, key } = request;
  if (body.is_default && !body.is_active) throw credentialInactive(body.credential_name);
  return inTransaction(db, async (trx) => {
    const password = new Secret(body.password);
    const id = await insertCredential(trx, box, { ...valuesOf(body), password, createdBy: user });
    if (body.is_default) await makeDefault(trx, id);
    const made = presentCredential(await credentialOf(trx, String(id)));
    if (key !== undefined) await storeAnswer(trx, key, { status: 201, body: made });
    return { status: 201, body: made, headers: { location: `/api/v1/vmware-credentials/${id}` } };
  });
}

const valuesOf = (body: CreateVmwareCredential): CredentialValues => ({
  credentialName: body.credential_name,
  vcenterHost: body.vcenter_host,
  username: body.username,
  datacenter: body.datacenter,
  vcenterThumbprint: normalThumbprint(body.vcenter_thumbprint ?? '') ?? null,
  vcenterCa: body.vcenter_ca,
  isActive: body.is_active,
});
