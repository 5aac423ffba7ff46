import { conflict, type AppError } from '../../base/errors.ts';
import { inTransaction, type Knex } from '../../db/knex.ts';
import { lockContext, setCredential } from '../../db/stores/context-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';
import { credentialInactive, holdCredential, type CredentialRecord } from '../../db/stores/vmware-credential-store.ts';
import { sameHost } from '../../domain/discovery/judge.ts';
import { credentialOf } from '../vmware-credentials/show.ts';

/**
 * Sets with which account a VM is read; null takes it away.
 * @throws notFound `context.unknown`, `credential.unknown`; conflict `credential.inactive`, `credential.other-vcenter`
 */
export async function assignCredential(
  db: Knex,
  asked: { readonly contextId: string; readonly credentialId: number | null },
): Promise<Record<string, unknown>> {
  const work = async (trx: Knex.Transaction): Promise<Record<string, unknown>> => {
    const credential = asked.credentialId === null ? null : await heldCredential(trx, asked.credentialId);
    const context = await lockContext(trx, asked.contextId);
    if (context === undefined) throw contextUnknown(asked.contextId);
    if (credential !== null && !sameHost(credential.vcenterHost, context.vcenterHost)) {
      throw otherVcenter(credential, context.vcenterHost);
    }
    await setCredential(trx, context.contextId, credential?.id ?? null);
    const account = credential === null ? 'no credential' : `the credential ${credential.credentialName}`;
    return {
      context_id: context.contextId,
      credential_id: credential?.id ?? null,
      message: `${context.vmName} is read with ${account} now`,
    };
  };
  return inTransaction(db, work, { idempotent: true });
}

async function heldCredential(trx: Knex.Transaction, id: number): Promise<CredentialRecord> {
  await holdCredential(trx, id);
  const credential = await credentialOf(trx, String(id));
  if (!credential.isActive) throw credentialInactive(credential.credentialName);
  return credential;
}

const otherVcenter = ({ credentialName, vcenterHost }: CredentialRecord, host: string): AppError =>
  conflict('credential.other-vcenter', `${credentialName} is an account of ${vcenterHost}, and the VM is in ${host}`, {
    hint: 'take a credential whose vcenter_host is that of the VM',
  });
