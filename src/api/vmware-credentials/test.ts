import { counted } from '../../base/counted.ts';
import { AppError } from '../../base/errors.ts';
import type { ApiContext } from '../context.ts';
import { accountOf } from '../discovery/account.ts';
import { askInventory } from '../discovery/inventory.ts';
import { credentialOf } from './show.ts';

/**
 * Signs in at the vCenter through the VMA and looks at its VMs. What the vCenter says is the outcome of the test; that
 * it could not be made, because the VMA does not answer, is an error.
 * @throws notFound `credential.unknown`; conflict `credential.inactive`; precondition `secret.*`; upstream
 * `vma.unreachable`, `vma.token-refused`
 */
export async function testCredential(
  deps: Pick<ApiContext, 'db' | 'box' | 'vma'>,
  id: string,
): Promise<Record<string, unknown>> {
  const credential = await credentialOf(deps.db, id);
  const account = await accountOf(deps.db, deps.box, { credential_id: credential.id });
  const where = `${account.access.username} at ${account.host}`;
  try {
    const { found, fullName, version } = await askInventory(deps.vma, account);
    const seen = `${counted(found.length, 'VM')} in ${account.datacenter}`;
    const message = `${where} signs in, and sees ${seen}`;
    return {
      ...NO_ANSWER,
      success: true,
      message,
      vcenter: fullName,
      vcenter_version: version,
      vm_count: found.length,
    };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || !/^(vsphere|vcenter)\./.test(thrown.code)) throw thrown;
    const { code, hint = null } = thrown;
    return { ...NO_ANSWER, success: false, message: `${where}: ${thrown.message}`, error_code: code, hint };
  }
}

const NO_ANSWER = { vcenter: null, vcenter_version: null, vm_count: null, error_code: null, hint: null };
