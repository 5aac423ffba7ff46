import { conflict, precondition, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { findContextOfVm, findContextsByName, type ContextRecord } from '../../db/stores/context-store.ts';
import type { SourceVm } from '../../domain/source-vm.ts';
import { isGiven, type StartReplication } from '../schemas/replications.ts';
import { ambiguous, contextByName } from './context-by-name.ts';

/** The VM that a request is about: known by this id, which nobody has looked up where the request gave it; or to be added. */
export type Resolved =
  { readonly contextId: string } | { readonly vm: SourceVm; readonly vcenterHost: string; readonly datacenter: string };

/**
 * @throws notFound `context.unknown-name`; conflict `context.ambiguous`, `context.other-vm`, `context.renamed`;
 * precondition `replication.vcenter-needed`
 */
export async function resolveContext(db: Knex, body: StartReplication): Promise<Resolved> {
  // The database takes ids that differ in spaces at their ends for one, and two requests must not be two for us.
  if (isGiven(body.context_id)) return { contextId: body.context_id.replace(/ +$/, '') };
  if (isGiven(body.source_vm)) return resolveSource(db, body, body.source_vm);
  const { contextId } = await contextByName(db, { vmName: body.vm_name ?? '', vcenterHost: body.vcenter_host });
  return { contextId };
}

async function resolveSource(db: Knex, body: StartReplication, vm: SourceVm): Promise<Resolved> {
  const candidates = await findContextsByName(db, { vmName: vm.name, vcenterHost: body.vcenter_host });
  const [found, ...others] = candidates;
  if (others.length > 0) throw ambiguous(vm.name, candidates);
  if (found !== undefined) {
    // A VM that was made anew under an old name is another VM: its blocks must not land in the old one's volumes.
    if (!isSameVm(found, vm)) throw otherVm(found, vm);
    return { contextId: found.contextId };
  }
  if (!isGiven(body.vcenter_host)) throw vcenterNeeded();
  const who = { vmwareVmId: vm.id, instanceUuid: vm.instance_uuid ?? null, vcenterHost: body.vcenter_host };
  const renamed = await findContextOfVm(db, who);
  if (renamed !== undefined) throw wasRenamed(renamed, vm);
  return { vm, vcenterHost: body.vcenter_host, datacenter: body.datacenter ?? vm.datacenter ?? '' };
}

/** By the instance uuid where both tell it: clones may share the other one. */
function isSameVm(known: ContextRecord, vm: SourceVm): boolean {
  const isInstance = isGiven(vm.instance_uuid) && known.instanceUuid !== null;
  return isInstance ? known.instanceUuid === vm.instance_uuid : known.vmwareVmId === vm.id;
}

const otherVm = (known: ContextRecord, vm: SourceVm): AppError =>
  conflict('context.other-vm', `${vm.name} is known with another uuid`, {
    details: { contextId: known.contextId, known: known.vmwareVmId, given: vm.id },
    hint: `context ${known.contextId} protects the VM with uuid ${known.vmwareVmId}; remove it before protecting another VM of this name`,
  });

const wasRenamed = (known: ContextRecord, vm: SourceVm): AppError =>
  conflict('context.renamed', `this VM is known as ${known.vmName}`, {
    details: { contextId: known.contextId, known: known.vmName, given: vm.name },
    hint: `use context_id ${known.contextId}`,
  });

const vcenterNeeded = (): AppError =>
  precondition('replication.vcenter-needed', 'a new VM needs vcenter_host', {
    details: { errors: [{ path: 'vcenter_host', message: 'is needed for a VM that is not known yet' }] },
    hint: 'say in which vCenter the VM is',
  });
