import { invalidRequest, notFound, type AppError } from '../../base/errors.ts';
import type { Knex } from '../../db/knex.ts';
import { findContext, type ContextRecord } from '../../db/stores/context-store.ts';
import { findFailoverByAnyId, newestFailover, type FailoverRecord } from '../../db/stores/failover-store.ts';
import { contextUnknown } from '../../db/stores/replication-accept.ts';

/** The VM that a request names by context, uuid and name, which must all be of one VM. */
export interface NamedVm {
  readonly contextId: string;
  readonly vmId: string;
  readonly vmName: string;
}

/** @throws notFound `context.unknown`; invalidRequest `failover.other-vm` */
export async function vmNamed(db: Knex, { contextId, vmId, vmName }: NamedVm): Promise<ContextRecord> {
  const vm = await findContext(db, contextId);
  if (vm === undefined) throw contextUnknown(contextId);
  const errors = [
    ...(vmName === vm.vmName
      ? []
      : [{ path: 'vm_name', message: `is not the VM of context_id, which is ${vm.vmName}` }]),
    ...([vm.vmwareVmId, vm.instanceUuid, vm.contextId, vm.vmName].includes(vmId)
      ? []
      : [{ path: 'vm_id', message: `is not the VM of context_id, which is ${vm.vmwareVmId}` }]),
  ];
  if (errors.length === 0) return vm;
  throw invalidRequest('failover.other-vm', `context_id, vm_id and vm_name do not name one VM`, {
    details: { errors },
    hint: 'GET /api/v1/vm-contexts lists the three of every VM',
  });
}

/** @throws notFound `failover.unknown` */
export async function failoverOf(db: Knex, id: string): Promise<FailoverRecord> {
  const failover = await findFailoverByAnyId(db, id);
  if (failover === undefined) throw failoverUnknown(id);
  return failover;
}

export const failoverUnknown = (id: string): AppError =>
  notFound('failover.unknown', `there is no failover ${id}`, {
    details: { jobId: id },
    hint: 'GET /api/v1/failover/jobs lists the failovers',
  });

/** The last failover of a VM. @throws notFound `failover.none` */
export async function lastFailoverOf(
  db: Knex,
  vm: Pick<ContextRecord, 'contextId' | 'vmName'>,
): Promise<FailoverRecord> {
  const failover = await newestFailover(db, vm.contextId);
  if (failover !== undefined) return failover;
  throw notFound('failover.none', `${vm.vmName} was never failed over`, {
    hint: 'GET /api/v1/failover/jobs lists the failovers',
  });
}
