import { inTransaction, type Knex } from '../knex.ts';

/** Which network of the target stands for which network of the source, live and test apart. */
export interface NetworkMapping {
  readonly sourceNetwork: string;
  readonly destinationId: string;
  readonly destinationName: string;
  readonly isTest: boolean;
}

/** Maps this source network for every VM of the inventory; a mapping that a VM has already is replaced. */
export async function mapNetworkOfAll(db: Knex, mapping: NetworkMapping): Promise<void> {
  const contexts = await db<{ context_id: string; vm_name: string; vmware_vm_id: string }>(
    'vm_replication_contexts',
  ).select('context_id', 'vm_name', 'vmware_vm_id');
  await inTransaction(db, async (trx) => {
    for (const context of contexts) {
      const key = {
        vm_context_id: context.context_id,
        source_network_name: mapping.sourceNetwork,
        is_test_network: mapping.isTest,
      };
      await trx('network_mappings').where(key).del();
      await trx('network_mappings').insert({
        ...key,
        vm_id: context.vm_name,
        vmware_vm_id: context.vmware_vm_id,
        destination_network_id: mapping.destinationId,
        destination_network_name: mapping.destinationName,
        mapping_type: mapping.isTest ? 'test' : 'live',
        validation_status: 'valid',
        last_validated: trx.fn.now(),
      });
    }
  });
}
