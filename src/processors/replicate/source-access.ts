import { precondition } from '../../base/errors.ts';
import type { CycleVm } from '../../db/stores/cycle-store.ts';
import { findCredentialOfHost, useCredential } from '../../db/stores/vmware-credential-store.ts';
import type { VcenterAccess } from '../../vma/contract.ts';
import type { ReplicateDeps } from './context.ts';

/**
 * The account that the VMA opens the VM's vCenter with: the one that the VM names, else the active one of its vCenter.
 * It goes into the body of a request and nowhere else.
 * @throws precondition `credential.missing`; and what useCredential throws
 */
export async function vcenterAccess({ db, box }: ReplicateDeps, vm: CycleVm): Promise<VcenterAccess> {
  const id = vm.credentialId ?? (await findCredentialOfHost(db, vm.vcenterHost))?.id;
  if (id === undefined) {
    throw precondition('credential.missing', `no active VMware credential is for ${vm.vcenterHost}`, {
      details: { contextId: vm.contextId, vcenterHost: vm.vcenterHost },
      hint: 'add one for this vCenter (POST /api/v1/vmware-credentials), or name one in the VM',
    });
  }
  const { vcenterHost, username, password, vcenterThumbprint, vcenterCa } = await useCredential(db, box, id);
  return {
    vcenter: vcenterHost,
    username,
    password: password.reveal(),
    thumbprint: vcenterThumbprint,
    ca: vcenterCa,
  };
}
