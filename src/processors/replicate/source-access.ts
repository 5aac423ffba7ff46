import { precondition } from '../../base/errors.ts';
import type { CycleVm } from '../../db/stores/cycle-store.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import type { Knex } from '../../db/knex.ts';
import { findCredentialOfHost } from '../../db/stores/vmware-credential-store.ts';
import type { VcenterAccess } from '../../vma/contract.ts';
import { vcenterAccess } from '../vcenter-access.ts';

/**
 * The account that the VMA opens the VM's vCenter with: the one that the VM names, else the active one of its vCenter.
 * @throws precondition `credential.missing`; and what vcenterAccess throws
 */
export async function sourceAccess(
  deps: { readonly db: Knex; readonly box: SecretBox },
  vm: Pick<CycleVm, 'contextId' | 'credentialId' | 'vcenterHost'>,
): Promise<VcenterAccess> {
  const id = vm.credentialId ?? (await findCredentialOfHost(deps.db, vm.vcenterHost))?.id;
  if (id === undefined) {
    throw precondition('credential.missing', `no active VMware credential is for ${vm.vcenterHost}`, {
      details: { contextId: vm.contextId, vcenterHost: vm.vcenterHost },
      hint: 'add one for this vCenter (POST /api/v1/vmware-credentials), or name one in the VM',
    });
  }
  return vcenterAccess(deps, id);
}
