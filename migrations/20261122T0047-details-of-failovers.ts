import type { Knex } from 'knex';

/**
 * What a failover was asked for and what came of it, and what the disks of a VM were known to hold when the snapshots
 * of their volumes were made: the generation that the contents had, null when nobody could say what they were.
 */
const FAILOVER: readonly (readonly [name: string, type: string])[] = [
  ['options', 'json'],
  ['auto_cleanup', 'tinyint(1) not null default 0'],
  ['test_expires_at', 'datetime(3)'],
  ['commit_policy', 'varchar(20)'],
  ['commit_due_at', 'datetime(3)'],
  ['committed_at', 'datetime(3)'],
  ['boot_verdict', 'json'],
  ['loss_seconds', 'int'],
  ['conversion', 'json'],
  ['remaining', 'json'],
  ['source_power', 'json'],
  ['rolled_back_by', 'varchar(191) collate utf8mb4_bin'],
];

const VOLUME: readonly (readonly [name: string, type: string])[] = [
  ['snapshot_generation', 'int'],
  ['snapshot_change_id', 'varchar(191) collate utf8mb4_bin'],
];

const OPERATIONS = [
  'create',
  'attach',
  'detach',
  'delete',
  'cleanup',
  'resize',
  'snapshot',
  'revert',
  'delete-snapshot',
];
/** At the end: no row is rewritten. */
const ADDED = ['hand-over', 'convert'];

const TABLES = [
  ['failover_jobs', FAILOVER],
  ['ossea_volumes', VOLUME],
] as const;

export async function up(knex: Knex): Promise<void> {
  for (const [table, columns] of TABLES) {
    for (const [name, type] of columns) {
      if (await knex.schema.hasColumn(table, name)) continue;
      await knex.raw(`alter table ${table} add column ${name} ${type}`);
    }
  }
  await setOperations(knex, [...OPERATIONS, ...ADDED]);
}

/** What the smaller list cannot name is forgotten: these rows only show what the ledger knows. */
export async function down(knex: Knex): Promise<void> {
  await knex('volume_operations').whereIn('type', ADDED).delete();
  await setOperations(knex, OPERATIONS);
  for (const [table, columns] of TABLES) {
    for (const [name] of columns) {
      if (await knex.schema.hasColumn(table, name)) await knex.raw(`alter table ${table} drop column ${name}`);
    }
  }
}

async function setOperations(knex: Knex, types: readonly string[]): Promise<void> {
  const list = types.map((type) => `'${type}'`).join(', ');
  await knex.raw(`alter table volume_operations modify column type enum(${list}) not null`);
}
