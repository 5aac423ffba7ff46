import { counted } from '../../base/counted.ts';
import { conflict, type AppError } from '../../base/errors.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import {
  contextsOfCredential,
  deleteCredential,
  isOtherActive,
  lockCredentials,
  type CredentialRecord,
} from '../../db/stores/vmware-credential-store.ts';
import { assertCurrent } from '../etag.ts';
import { credentialOf, presentCredential } from './show.ts';

/** Of the VMs that use a credential, so many are named. */
const NAMED_MAX = 20;

/**
 * Deletes a credential that nothing needs. A VM that names it waits for the lock of the row, and is then refused by
 * its reference, or is seen here.
 * @returns what was done
 * @throws notFound `credential.unknown`; conflict `credential.in-use`, `credential.last-active`; precondition
 * `request.stale`
 */
export async function removeCredential(
  db: Knex,
  { id, ifMatch }: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<string> {
  return inTransaction(db, async (trx) => {
    await lockCredentials(trx);
    const credential = await credentialOf(trx, id);
    assertCurrent(ifMatch, presentCredential(credential));
    if (credential.contextCount > 0) throw await inUse(trx, credential);
    if (credential.isActive && !(await isOtherActive(trx, credential.id))) throw lastActive(credential);
    await deleteCredential(trx, credential.id);
    const done = `the credential ${credential.credentialName} is deleted`;
    return credential.isDefault ? `${done}; there is no default until another one is made it` : done;
  });
}

async function inUse(trx: Knex.Transaction, { id, credentialName, contextCount }: CredentialRecord): Promise<AppError> {
  const users = await contextsOfCredential(trx, id, NAMED_MAX);
  const names = users.map((user) => user.vm_name).join(', ');
  const more = contextCount > users.length ? ` and ${contextCount - users.length} more` : '';
  return conflict(
    'credential.in-use',
    `${counted(contextCount, 'VM uses', 'VMs use')} the credential ${credentialName}: ${names}${more}`,
    {
      details: {
        errors: users.map((user) => ({ path: 'id', message: `is used by ${user.vm_name} (${user.context_id})` })),
      },
      hint: 'change this credential instead: PUT takes another user, password or host; errors names the first 20 VMs',
    },
  );
}

const lastActive = ({ credentialName }: CredentialRecord): AppError =>
  conflict('credential.last-active', `${credentialName} is the last active credential`, {
    hint: 'save another one first; to have none at all, deactivate it with {"is_active": false, "is_default": false}, then delete it',
  });
