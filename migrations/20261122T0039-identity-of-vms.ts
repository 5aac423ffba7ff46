import type { Knex } from 'knex';

/**
 * A VM is known by its instance uuid, which is unique in its vCenter; its BIOS uuid, which clones may share, stands in
 * for it where the other is not known yet. Under one vCenter's own uuid it is known once, however that is addressed.
 */
const TABLE = 'vm_replication_contexts';
const OF_BIOS = 'uq_vm_replication_contexts_vmware_vm';
const OF_HOST = 'uq_vm_replication_contexts_identity';
const OF_VCENTER = 'uq_vm_replication_contexts_vcenter_vm';

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn(TABLE, 'vm_identity'))) {
    await knex.raw(`
      alter table ${TABLE} add column vm_identity varchar(255) collate utf8mb4_bin
        generated always as (coalesce(instance_uuid, vmware_vm_id)) virtual
    `);
  }
  const present = await keys(knex);
  if (!present.has(OF_HOST)) {
    await knex.raw(`alter table ${TABLE} add unique key ${OF_HOST} (vm_identity, vcenter_host)`);
  }
  if (!present.has(OF_VCENTER)) {
    await knex.raw(`alter table ${TABLE} add unique key ${OF_VCENTER} (vcenter_instance_uuid, instance_uuid)`);
  }
  if (present.has(OF_BIOS)) await knex.raw(`alter table ${TABLE} drop key ${OF_BIOS}`);
}

/** Fails where clones of one BIOS uuid are known by now: which of them to forget is for a person to say. */
export async function down(knex: Knex): Promise<void> {
  const present = await keys(knex);
  if (!present.has(OF_BIOS)) {
    await knex.raw(`alter table ${TABLE} add unique key ${OF_BIOS} (vmware_vm_id, vcenter_host)`);
  }
  for (const key of [OF_HOST, OF_VCENTER]) {
    if (present.has(key)) await knex.raw(`alter table ${TABLE} drop key ${key}`);
  }
  if (await knex.schema.hasColumn(TABLE, 'vm_identity')) {
    await knex.raw(`alter table ${TABLE} drop column vm_identity`);
  }
}

async function keys(knex: Knex): Promise<Set<string>> {
  const rows: { name: string }[] = await knex('information_schema.table_constraints')
    .whereRaw('constraint_schema = database()')
    .where({ table_name: TABLE, constraint_type: 'UNIQUE' })
    .select({ name: 'constraint_name' });
  return new Set(rows.map((row) => row.name));
}
