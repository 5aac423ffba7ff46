import type { Knex } from 'knex';

/** References of the master row to tables that were made after it; two of them close a circle with replication_jobs. */
const REFERENCES = [
  ['fk_vm_replication_contexts_current_job', 'current_job_id', 'replication_jobs'],
  ['fk_vm_replication_contexts_last_successful_job', 'last_successful_job_id', 'replication_jobs'],
  ['fk_vm_replication_contexts_credential', 'credential_id', 'vmware_credentials'],
  ['fk_vm_replication_contexts_config', 'ossea_config_id', 'ossea_configs'],
] as const;

export async function up(knex: Knex): Promise<void> {
  const present = await constraints(knex);
  for (const [name, column, table] of REFERENCES) {
    if (present.has(name)) continue;
    await knex.raw(
      `alter table vm_replication_contexts add constraint ${name} foreign key (${column}) references ${table} (id) on delete set null`,
    );
  }
}

export async function down(knex: Knex): Promise<void> {
  const present = await constraints(knex);
  for (const [name] of REFERENCES) {
    if (present.has(name)) await knex.raw(`alter table vm_replication_contexts drop foreign key ${name}`);
  }
}

async function constraints(knex: Knex): Promise<Set<string>> {
  const rows: { name: string }[] = await knex('information_schema.table_constraints')
    .whereRaw('constraint_schema = database()')
    .where({ table_name: 'vm_replication_contexts', constraint_type: 'FOREIGN KEY' })
    .select({ name: 'constraint_name' });
  return new Set(rows.map((row) => row.name));
}
