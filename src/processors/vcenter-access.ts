import type { Knex } from '../db/knex.ts';
import type { SecretBox } from '../db/secret-box.ts';
import { useCredential } from '../db/stores/vmware-credential-store.ts';
import type { VcenterAccess } from '../vma/contract.ts';

/**
 * A stored account as the VMA wants it, counted as used: for the body of a request, and for nothing else.
 * Errors: those of useCredential.
 */
export async function vcenterAccess(
  { db, box }: { readonly db: Knex; readonly box: SecretBox },
  credentialId: number,
): Promise<VcenterAccess> {
  const used = await useCredential(db, box, credentialId);
  const { vcenterHost, username, password, vcenterThumbprint, vcenterCa } = used;
  return {
    vcenter: vcenterHost,
    username,
    password: password.reveal(),
    thumbprint: vcenterThumbprint,
    ca: vcenterCa,
  };
}
