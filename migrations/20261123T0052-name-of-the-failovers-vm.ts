import type { Knex } from 'knex';

/** How the VM of a failover is called in CloudStack: that is where people look for it, and not by its id. */
const [TABLE, COLUMN] = ['failover_jobs', 'destination_vm_name'];

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn(TABLE, COLUMN)) return;
  await knex.raw(`alter table ${TABLE} add column ${COLUMN} varchar(191) after destination_vm_id`);
}

export async function down(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn(TABLE, COLUMN)) await knex.raw(`alter table ${TABLE} drop column ${COLUMN}`);
}
