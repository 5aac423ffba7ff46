import { precondition, type AppError } from '../../base/errors.ts';
import { Secret } from '../../config/secrets.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import {
  changeCredential,
  credentialInactive,
  lockCredentials,
  makeDefault,
  storePassword,
  type CredentialEdit,
  type CredentialRecord,
} from '../../db/stores/vmware-credential-store.ts';
import { normalThumbprint } from '../../domain/certificate-pin.ts';
import { assertCurrent } from '../etag.ts';
import type { UpdateVmwareCredential } from '../schemas/vmware-credentials.ts';
import { credentialOf, presentCredential } from './show.ts';

export interface ChangeRequest {
  readonly id: string;
  readonly body: UpdateVmwareCredential;
  readonly ifMatch: string | undefined;
}

/**
 * Changes what the body names. A new host needs the password, too: whoever does not know it must not be able to have
 * it sent to a server of his own.
 * @param box asked for only where a password is to be sealed
 * @returns the credential as it is then
 * @throws notFound `credential.unknown`; conflict `credential.exists`, `credential.inactive`; precondition
 * `credential.password-needed`, `request.stale`, and what `box` throws
 */
export async function updateCredential(
  db: Knex,
  box: () => SecretBox,
  { id, body, ifMatch }: ChangeRequest,
): Promise<Record<string, unknown>> {
  const work = async (trx: Knex.Transaction): Promise<Record<string, unknown>> => {
    await lockCredentials(trx);
    const before = await credentialOf(trx, id);
    assertCurrent(ifMatch, presentCredential(before));
    assertPossible(before, body);
    await changeCredential(trx, before.id, editOf(body));
    if (body.is_default === true) await makeDefault(trx, before.id);
    const vcenterHost = body.vcenter_host ?? before.vcenterHost;
    if (isGiven(body.password)) {
      await storePassword(trx, box(), { id: before.id, vcenterHost, password: new Secret(body.password) });
    }
    return presentCredential(await credentialOf(trx, id));
  };
  return inTransaction(db, work, { idempotent: true });
}

const isGiven = (password: string | undefined): password is string => password !== undefined && password !== '';

function assertPossible(before: CredentialRecord, body: UpdateVmwareCredential): void {
  const host = body.vcenter_host ?? before.vcenterHost;
  const isMoved = host.toLowerCase() !== before.vcenterHost.toLowerCase();
  if (isMoved && !isGiven(body.password)) throw passwordNeeded(host);
  const isDefault = body.is_default ?? before.isDefault;
  const isActive = body.is_active ?? before.isActive;
  if (isDefault && !isActive) throw credentialInactive(body.credential_name ?? before.credentialName);
}

const passwordNeeded = (host: string): AppError =>
  precondition('credential.password-needed', `a password that was saved for another vCenter is not sent to ${host}`, {
    details: { errors: [{ path: 'password', message: 'is needed with another vcenter_host' }] },
    hint: 'send the password together with the new vcenter_host',
  });

/** Without `is_default: true`, which concerns the other rows, too. */
function editOf(body: UpdateVmwareCredential): CredentialEdit {
  const { vcenter_thumbprint: thumbprint, vcenter_ca: vcenterCa } = body;
  return {
    ...(body.credential_name === undefined ? {} : { credentialName: body.credential_name }),
    ...(body.vcenter_host === undefined ? {} : { vcenterHost: body.vcenter_host }),
    ...(body.username === undefined ? {} : { username: body.username }),
    ...(body.datacenter === undefined ? {} : { datacenter: body.datacenter }),
    ...(thumbprint === undefined ? {} : { vcenterThumbprint: normalThumbprint(thumbprint ?? '') ?? null }),
    ...(vcenterCa === undefined ? {} : { vcenterCa }),
    ...(body.is_active === undefined ? {} : { isActive: body.is_active }),
    ...(body.is_default === false ? { isDefault: false } : {}),
  };
}

/**
 * Makes it the one default.
 * @returns its name
 * @throws notFound `credential.unknown`; conflict `credential.inactive`
 */
export async function setDefaultCredential(db: Knex, id: string): Promise<string> {
  const work = async (trx: Knex.Transaction): Promise<string> => {
    await lockCredentials(trx);
    const credential = await credentialOf(trx, id);
    if (!credential.isActive) throw credentialInactive(credential.credentialName);
    await makeDefault(trx, credential.id);
    return credential.credentialName;
  };
  return inTransaction(db, work, { idempotent: true });
}
