import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { columnsOf } from '../columns.ts';
import { NetworkMapping } from '../models/network-mappings.ts';

/** Which network of the target stands for which network of a VM, live and test apart. */

const RECORD = [
  'id',
  'vmId',
  'vmContextId',
  'vmwareVmId',
  'sourceNetworkName',
  'destinationNetworkId',
  'destinationNetworkName',
  'isTestNetwork',
  'mappingType',
  'networkStrategy',
  'validationStatus',
  'lastValidated',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof NetworkMapping)[];

export type NetworkMappingRecord = Pick<NetworkMapping, (typeof RECORD)[number]>;

const records = (db: Knex): QueryBuilder<NetworkMapping> => NetworkMapping.query(db).select(...columnsOf(RECORD));

/** One page by VM, and how many there are in all. `after` are name of the VM and id of the last row of the page before. */
export async function listNetworkMappings(
  db: Knex,
  page: { readonly limit: number; readonly after: readonly [vmId: string, id: number] | undefined },
): Promise<{ readonly total: number; readonly rows: NetworkMappingRecord[] }> {
  const rows = records(db).orderBy(['vm_id', 'id']).limit(page.limit);
  if (page.after !== undefined) void rows.whereRaw('(vm_id, id) > (?, ?)', [...page.after]);
  const [total, found] = await Promise.all([NetworkMapping.query(db).resultSize(), rows]);
  return { total, rows: found.map((row) => row.toJSON()) };
}

/** A VM has a few adapters: these are all. Live before test, by source network. */
export async function mappingsOfContext(db: Knex, contextId: string): Promise<NetworkMappingRecord[]> {
  const rows = await records(db)
    .where({ vm_context_id: contextId })
    .orderBy(['is_test_network', 'source_network_name'])
    .limit(1_000);
  return rows.map((row) => row.toJSON());
}

/** One mapping of a VM. The destination exists: whoever saves it has just looked. */
export interface NetworkMappingValues {
  readonly contextId: string;
  readonly vmName: string;
  readonly vmwareVmId: string;
  readonly sourceNetwork: string;
  readonly destinationId: string;
  readonly destinationName: string;
  readonly isTest: boolean;
}

/**
 * Makes the mapping, or replaces the one of this VM, source network and kind, which keeps its id.
 * @returns the row, and whether it is new
 */
export async function saveNetworkMapping(
  trx: Knex.Transaction,
  values: NetworkMappingValues,
): Promise<{ readonly mapping: NetworkMappingRecord; readonly isNew: boolean }> {
  const key = {
    vm_context_id: values.contextId,
    source_network_name: values.sourceNetwork,
    is_test_network: values.isTest,
  };
  const before = await NetworkMapping.query(trx).select('id').findOne(key).forUpdate();
  await NetworkMapping.query(trx)
    .insert({
      vmId: values.vmName,
      vmContextId: values.contextId,
      vmwareVmId: values.vmwareVmId,
      sourceNetworkName: values.sourceNetwork,
      destinationNetworkId: values.destinationId,
      destinationNetworkName: values.destinationName,
      isTestNetwork: values.isTest,
      mappingType: values.isTest ? 'test' : 'live',
      validationStatus: 'valid',
      lastValidated: new Date(),
    })
    .onConflict(['vm_context_id', 'source_network_name', 'is_test_network'])
    .merge();
  const saved = await records(trx).findOne(key).throwIfNotFound();
  return { mapping: saved.toJSON(), isNew: before === undefined };
}

/** @returns how many there were: 0 or 1 */
export async function deleteNetworkMapping(
  db: Knex,
  key: { readonly contextId: string; readonly sourceNetwork: string; readonly isTest: boolean },
): Promise<number> {
  return NetworkMapping.query(db).delete().where({
    vm_context_id: key.contextId,
    source_network_name: key.sourceNetwork,
    is_test_network: key.isTest,
  });
}

/** Maps this source network for every VM of the inventory; a mapping that a VM has already is replaced. */
export async function mapNetworkOfAll(
  trx: Knex.Transaction,
  mapping: Pick<NetworkMappingValues, 'sourceNetwork' | 'destinationId' | 'destinationName' | 'isTest'>,
): Promise<void> {
  const contexts = await trx<{ context_id: string; vm_name: string; vmware_vm_id: string }>(
    'vm_replication_contexts',
  ).select('context_id', 'vm_name', 'vmware_vm_id');
  for (const { context_id: contextId, vm_name: vmName, vmware_vm_id: vmwareVmId } of contexts) {
    await saveNetworkMapping(trx, { ...mapping, contextId, vmName, vmwareVmId });
  }
}
