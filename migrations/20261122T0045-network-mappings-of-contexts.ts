import type { Knex } from 'knex';

/**
 * Mappings belong to a context, and are unique there: two vCenters may have a VM of one name, and each maps its own
 * networks. Names of source networks are compared as vSphere does, letter by letter.
 */
const TABLE = 'network_mappings';
const OF_NAME = 'uq_network_mappings_vm';
const NAME_INDEX = 'idx_network_mappings_vm_id';

export async function up(knex: Knex): Promise<void> {
  const present = await keys(knex);
  if (!present.has(NAME_INDEX)) await knex.raw(`alter table ${TABLE} add key ${NAME_INDEX} (vm_id)`);
  if (present.has(OF_NAME)) await knex.raw(`alter table ${TABLE} drop key ${OF_NAME}`);
  await knex.raw(`alter table ${TABLE} modify source_network_name varchar(191) collate utf8mb4_bin not null`);
}

/** Fails where two VMs of one name have mappings by now: which of them to forget is for a person to say. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`alter table ${TABLE} modify source_network_name varchar(191) collate utf8mb4_unicode_ci not null`);
  const present = await keys(knex);
  if (!present.has(OF_NAME)) {
    await knex.raw(`alter table ${TABLE} add unique key ${OF_NAME} (vm_id, source_network_name, is_test_network)`);
  }
  if (present.has(NAME_INDEX)) await knex.raw(`alter table ${TABLE} drop key ${NAME_INDEX}`);
}

async function keys(knex: Knex): Promise<Set<string>> {
  const rows: { name: string }[] = await knex('information_schema.statistics')
    .whereRaw('table_schema = database()')
    .where({ table_name: TABLE })
    .distinct({ name: 'index_name' });
  return new Set(rows.map((row) => row.name));
}
