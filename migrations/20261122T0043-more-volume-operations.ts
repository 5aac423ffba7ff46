import type { Knex } from 'knex';

/** Volumes also grow, and have snapshots. Values are added at the end: no row is rewritten. */
const BEFORE = ['create', 'attach', 'detach', 'delete', 'cleanup'];
const ADDED = ['resize', 'snapshot', 'revert', 'delete-snapshot'];

export async function up(knex: Knex): Promise<void> {
  await setTypes(knex, [...BEFORE, ...ADDED]);
}

/** What the smaller list cannot name is forgotten: these rows only show what the ledger knows. */
export async function down(knex: Knex): Promise<void> {
  await knex('volume_operations').whereIn('type', ADDED).delete();
  await setTypes(knex, BEFORE);
}

async function setTypes(knex: Knex, types: readonly string[]): Promise<void> {
  const list = types.map((type) => `'${type}'`).join(', ');
  await knex.raw(`alter table volume_operations modify column type enum(${list}) not null`);
}
