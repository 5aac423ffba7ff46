import { AppError, conflict, invalidRequest } from '../../base/errors.ts';
import type { CallOptions, VsphereSession } from '../../vsphere/session.ts';
import type { ObjectRef } from '../../vsphere/soap/reference.ts';
import { findVm, findVmsByBiosUuid } from '../../vsphere/virtual-machine.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** As vCenter numbers its objects: vm-42. */
const REFERENCE = /^vm-\d+$/;

/**
 * The VM that is called so: an inventory path, an instance uuid, a BIOS uuid that no other VM has, or a reference.
 * Errors: not-found `vsphere.vm-unknown`; conflict `vsphere.vm-ambiguous`; invalid-request `vsphere.vm-name`.
 */
export async function findMachine(
  session: VsphereSession,
  name: string,
  options: CallOptions = {},
): Promise<ObjectRef> {
  if (name.includes('/')) return findVm(session, { path: name }, options);
  if (UUID.test(name)) return findByUuid(session, name, options);
  // Whether there is one shows itself with the first call.
  if (REFERENCE.test(name)) return { type: 'VirtualMachine', id: name };
  throw invalidRequest('vsphere.vm-name', 'this does not name a VM', {
    hint: 'give its inventory path (/DC/vm/web01, with %2F for each slash), its uuid, or its reference (vm-42)',
  });
}

async function findByUuid(session: VsphereSession, uuid: string, options: CallOptions): Promise<ObjectRef> {
  try {
    return await findVm(session, { instanceUuid: uuid }, options);
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'vsphere.vm-unknown') throw thrown;
    const [found, ...clones] = await findVmsByBiosUuid(session, uuid, options);
    if (found === undefined) throw thrown;
    if (clones.length === 0) return found;
    throw conflict('vsphere.vm-ambiguous', `${clones.length + 1} VMs have this BIOS uuid`, {
      details: { uuid, refs: [found, ...clones].map(({ id }) => id) },
      hint: 'they are clones: give the instance uuid, which no other VM of a vcenter has, or the reference',
    });
  }
}
