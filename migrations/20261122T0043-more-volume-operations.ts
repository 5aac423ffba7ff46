import type { Knex } from 'knex';

/**
 * Volumes also grow, and have snapshots. Values are added at the end: no row is rewritten. `progress` is what an
 * operation of several effects has done so far, by name; its next attempt goes on from there.
 */
const BEFORE = ['create', 'attach', 'detach', 'delete', 'cleanup'];
const ADDED = ['resize', 'snapshot', 'revert', 'delete-snapshot'];

export async function up(knex: Knex): Promise<void> {
  await setTypes(knex, [...BEFORE, ...ADDED]);
  if (!(await knex.schema.hasColumn('ossea_volumes', 'snapshot_name'))) {
    await knex.raw('alter table ossea_volumes add column snapshot_name varchar(255) after snapshot_id');
  }
  if (!(await knex.schema.hasColumn('volume_operations', 'progress'))) {
    await knex.raw('alter table volume_operations add column progress json after response');
  }
}

/** What the smaller list cannot name is forgotten: these rows only show what the ledger knows. */
export async function down(knex: Knex): Promise<void> {
  await knex('volume_operations').whereIn('type', ADDED).delete();
  await setTypes(knex, BEFORE);
  if (await knex.schema.hasColumn('ossea_volumes', 'snapshot_name')) {
    await knex.raw('alter table ossea_volumes drop column snapshot_name');
  }
  if (await knex.schema.hasColumn('volume_operations', 'progress')) {
    await knex.raw('alter table volume_operations drop column progress');
  }
}

async function setTypes(knex: Knex, types: readonly string[]): Promise<void> {
  const list = types.map((type) => `'${type}'`).join(', ');
  await knex.raw(`alter table volume_operations modify column type enum(${list}) not null`);
}
