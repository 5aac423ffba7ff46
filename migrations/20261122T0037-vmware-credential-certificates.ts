import type { Knex } from 'knex';

/** What the certificate of a vCenter must be: a thumbprint of it, or the authorities that it may come from. */
const COLUMNS = [
  ['vcenter_thumbprint', 'varchar(95) collate utf8mb4_bin'],
  ['vcenter_ca', 'text collate utf8mb4_bin'],
] as const;

export async function up(knex: Knex): Promise<void> {
  for (const [column, type] of COLUMNS) {
    if (await knex.schema.hasColumn('vmware_credentials', column)) continue;
    await knex.raw(`alter table vmware_credentials add column ?? ${type}`, [column]);
  }
}

export async function down(knex: Knex): Promise<void> {
  for (const [column] of COLUMNS) {
    if (!(await knex.schema.hasColumn('vmware_credentials', column))) continue;
    await knex.raw('alter table vmware_credentials drop column ??', [column]);
  }
}
